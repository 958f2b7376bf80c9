package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-kit/kit/endpoint"
	grpctransport "github.com/go-kit/kit/transport/grpc"
	httptransport "github.com/go-kit/kit/transport/http"
	"github.com/go-kit/kit/transport/http/jsonrpc"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// What standard input asks for.
type question struct {
	Via    string          // http, grpc, jsonrpc
	To     string          // the address
	Method string          // sum, concat; over gRPC also stream
	A, B   json.RawMessage // numbers or texts
	Pairs  [][2]int64      // of a stream
}

// What came of it.
type answer struct {
	V      interface{} `json:"v,omitempty"`
	Err    string      `json:"err,omitempty"`    // of the domain, where the transport carries it apart
	Error  string      `json:"error,omitempty"`  // what the client's endpoint returned
	Code   int         `json:"code,omitempty"`   // of gRPC's status or of JSON-RPC's error
	Retry  string      `json:"retry,omitempty"`  // google.rpc.RetryInfo, or Retry-After
	Status int         `json:"status,omitempty"` // what came over HTTP
	Type   string      `json:"type,omitempty"`
	Body   string      `json:"body,omitempty"`
}

func call(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		a, err := q.ask(ctx)
		cancel()
		if err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (q question) ask(ctx context.Context) (answer, error) {
	switch q.Via {
	case "http":
		return q.overHTTP(ctx)
	case "jsonrpc":
		return q.overJSONRPC(ctx)
	case "grpc":
		return q.overGRPC(ctx)
	default:
		return answer{}, fmt.Errorf("there is no transport %q", q.Via)
	}
}

func (q question) request() (interface{}, error) {
	if q.Method == "concat" {
		var r concatRequest
		err := unmarshal(q, &r.A, &r.B)
		return r, err
	}
	var r sumRequest
	err := unmarshal(q, &r.A, &r.B)
	return r, err
}

func unmarshal[T any](q question, a, b *T) error {
	if err := json.Unmarshal(q.A, a); err != nil {
		return err
	}
	return json.Unmarshal(q.B, b)
}

// Keeps what came, for the test to compare with the bytes it expects.
type recorder struct{ answer }

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	r.Status = response.StatusCode
	r.Type = response.Header.Get("Content-Type")
	r.Retry = response.Header.Get("Retry-After")
	r.Body = string(body)
	return response, nil
}

func (q question) overHTTP(ctx context.Context) (answer, error) {
	record := &recorder{}
	target := &url.URL{Scheme: "http", Host: q.To, Path: "/" + q.Method}
	client := httptransport.NewClient("POST", target, httptransport.EncodeJSONRequest,
		decodeBody, httptransport.SetClient(&http.Client{Transport: record}))
	return q.through(ctx, client.Endpoint(), &record.answer)
}

func decodeBody(_ context.Context, response *http.Response) (interface{}, error) {
	if response.StatusCode != http.StatusOK {
		var told struct{ Error string }
		if err := json.NewDecoder(response.Body).Decode(&told); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s", told.Error)
	}
	var told struct{ V interface{} }
	err := json.NewDecoder(response.Body).Decode(&told)
	return told.V, err
}

func (q question) overJSONRPC(ctx context.Context) (answer, error) {
	record := &recorder{}
	target := &url.URL{Scheme: "http", Host: q.To, Path: "/"}
	client := jsonrpc.NewClient(target, q.Method,
		jsonrpc.SetClient(&http.Client{Transport: record}),
		jsonrpc.ClientResponseDecoder(func(_ context.Context, r jsonrpc.Response) (interface{}, error) {
			if r.Error != nil {
				return nil, *r.Error
			}
			var told struct{ V interface{} }
			err := json.Unmarshal(r.Result, &told)
			return told.V, err
		}))
	a, err := q.through(ctx, client.Endpoint(), &record.answer)
	return a, err
}

// Calls the endpoint and adds what it returned to what was recorded.
func (q question) through(ctx context.Context, e endpoint.Endpoint, a *answer) (answer, error) {
	request, err := q.request()
	if err != nil {
		return answer{}, err
	}
	v, err := e(ctx, request)
	a.V = v
	if err != nil {
		a.Error = err.Error()
	}
	if coded, ok := err.(jsonrpc.Error); ok {
		a.Error, a.Code = coded.Message, coded.Code
	}
	return *a, nil
}

func (q question) overGRPC(ctx context.Context) (answer, error) {
	conn, err := grpc.NewClient(q.To, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	if q.Method == "stream" {
		return q.overStream(ctx, NewAddStreamClient(conn))
	}
	var client *grpctransport.Client
	if q.Method == "sum" {
		client = grpctransport.NewClient(conn, "pb.Add", "Sum",
			func(_ context.Context, request interface{}) (interface{}, error) {
				r := request.(sumRequest)
				return &SumRequest{A: int64(r.A), B: int64(r.B)}, nil
			}, same, SumReply{})
	} else {
		client = grpctransport.NewClient(conn, "pb.Add", "Concat",
			func(_ context.Context, request interface{}) (interface{}, error) {
				r := request.(concatRequest)
				return &ConcatRequest{A: r.A, B: r.B}, nil
			}, same, ConcatReply{})
	}
	request, err := q.request()
	if err != nil {
		return answer{}, err
	}
	reply, err := client.Endpoint()(ctx, request)
	if err != nil {
		return failed(err), nil
	}
	switch reply := reply.(type) {
	case *SumReply:
		return answer{V: reply.V, Err: reply.Err}, nil
	case *ConcatReply:
		return answer{V: reply.V, Err: reply.Err}, nil
	default:
		return answer{}, fmt.Errorf("a reply of type %T", reply)
	}
}

func same(_ context.Context, message interface{}) (interface{}, error) { return message, nil }

// Sends a pair, waits for its sum, and so on.
func (q question) overStream(ctx context.Context, client AddStreamClient) (answer, error) {
	stream, err := client.SumStream(ctx)
	if err != nil {
		return failed(err), nil
	}
	var sums []interface{}
	for _, pair := range q.Pairs {
		if err := stream.Send(&SumRequest{A: pair[0], B: pair[1]}); err != nil {
			return failed(err), nil
		}
		reply, err := stream.Recv()
		if err != nil {
			return failed(err), nil
		}
		if reply.Err != "" {
			sums = append(sums, reply.Err)
		} else {
			sums = append(sums, reply.V)
		}
	}
	if err := stream.CloseSend(); err != nil {
		return failed(err), nil
	}
	if _, err := stream.Recv(); err != io.EOF {
		return answer{}, fmt.Errorf("after the end came %v", err)
	}
	return answer{V: sums}, nil
}

func failed(err error) answer {
	told, _ := status.FromError(err)
	a := answer{Error: told.Message(), Code: int(told.Code())}
	for _, detail := range told.Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			a.Retry = info.GetRetryDelay().AsDuration().String()
		}
	}
	return a
}

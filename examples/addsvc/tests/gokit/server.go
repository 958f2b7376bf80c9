package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/go-kit/kit/endpoint"
	grpctransport "github.com/go-kit/kit/transport/grpc"
	httptransport "github.com/go-kit/kit/transport/http"
	"github.com/go-kit/kit/transport/http/jsonrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func serve(in io.Reader, out io.Writer) error {
	listeners := map[string]net.Listener{}
	addresses := map[string]string{}
	for _, name := range []string{"http", "grpc", "jsonrpc"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		listeners[name] = listener
		addresses[name] = listener.Addr().String()
	}
	ended := make(chan error, 4)
	go func() { ended <- http.Serve(listeners["http"], httpHandler()) }()
	go func() { ended <- http.Serve(listeners["jsonrpc"], jsonrpcHandler()) }()
	server := grpc.NewServer()
	RegisterAddServer(server, newGRPCServer())
	RegisterAddStreamServer(server, streams{})
	go func() { ended <- server.Serve(listeners["grpc"]) }()
	if err := json.NewEncoder(out).Encode(addresses); err != nil {
		return err
	}
	go func() {
		_, err := io.Copy(io.Discard, in)
		ended <- err
	}()
	return <-ended
}

// HTTP: errors of the domain are 400 with a JSON body, others 500.
func httpHandler() http.Handler {
	options := []httptransport.ServerOption{httptransport.ServerErrorEncoder(encodeError)}
	mux := http.NewServeMux()
	mux.Handle("/sum", httptransport.NewServer(sum, decodeHTTP[sumRequest], encodeHTTP, options...))
	mux.Handle("/concat",
		httptransport.NewServer(concat, decodeHTTP[concatRequest], encodeHTTP, options...))
	return mux
}

func decodeHTTP[T any](_ context.Context, r *http.Request) (interface{}, error) {
	var request T
	err := json.NewDecoder(r.Body).Decode(&request)
	return request, err
}

func encodeHTTP(ctx context.Context, w http.ResponseWriter, response interface{}) error {
	if failer, ok := response.(endpoint.Failer); ok && failer.Failed() != nil {
		encodeError(ctx, failer.Failed(), w)
		return nil
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	return json.NewEncoder(w).Encode(response)
}

func encodeError(_ context.Context, err error, w http.ResponseWriter) {
	switch err {
	case errTwoZeroes, errOverflow, errTooLong:
		w.WriteHeader(http.StatusBadRequest)
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

// JSON-RPC: errors of the domain are errors there too.
func jsonrpcHandler() http.Handler {
	return jsonrpc.NewServer(jsonrpc.EndpointCodecMap{
		"sum":    {Endpoint: sum, Decode: decodeParams[sumRequest], Encode: encodeResult},
		"concat": {Endpoint: concat, Decode: decodeParams[concatRequest], Encode: encodeResult},
	})
}

func decodeParams[T any](_ context.Context, params json.RawMessage) (interface{}, error) {
	var request T
	if err := json.Unmarshal(params, &request); err != nil {
		return nil, jsonrpc.Error{Code: jsonrpc.InvalidParamsError, Message: err.Error()}
	}
	return request, nil
}

func encodeResult(_ context.Context, response interface{}) (json.RawMessage, error) {
	if failer, ok := response.(endpoint.Failer); ok && failer.Failed() != nil {
		return nil, jsonrpc.Error{Code: -32000, Message: failer.Failed().Error()}
	}
	return json.Marshal(response)
}

// gRPC: errors of the domain are a field of the reply, others a status.
type grpcServer struct {
	UnimplementedAddServer
	sum    grpctransport.Handler
	concat grpctransport.Handler
}

func newGRPCServer() *grpcServer {
	return &grpcServer{
		sum: grpctransport.NewServer(sum,
			func(_ context.Context, message interface{}) (interface{}, error) {
				m := message.(*SumRequest)
				return sumRequest{A: int(m.A), B: int(m.B)}, nil
			},
			func(_ context.Context, response interface{}) (interface{}, error) {
				r := response.(sumResponse)
				return &SumReply{V: int64(r.V), Err: text(r.Err)}, nil
			}),
		concat: grpctransport.NewServer(concat,
			func(_ context.Context, message interface{}) (interface{}, error) {
				m := message.(*ConcatRequest)
				return concatRequest{A: m.A, B: m.B}, nil
			},
			func(_ context.Context, response interface{}) (interface{}, error) {
				r := response.(concatResponse)
				return &ConcatReply{V: r.V, Err: text(r.Err)}, nil
			}),
	}
}

func (s *grpcServer) Sum(ctx context.Context, m *SumRequest) (*SumReply, error) {
	_, reply, err := s.sum.ServeGRPC(ctx, m)
	if err != nil {
		return nil, err
	}
	return reply.(*SumReply), nil
}

func (s *grpcServer) Concat(ctx context.Context, m *ConcatRequest) (*ConcatReply, error) {
	_, reply, err := s.concat.ServeGRPC(ctx, m)
	if err == errBusy {
		return nil, status.Error(codes.ResourceExhausted, err.Error())
	}
	if err != nil {
		return nil, err
	}
	return reply.(*ConcatReply), nil
}

// Go kit knows no streams; this is grpc-go alone.
type streams struct{ UnimplementedAddStreamServer }

func (streams) SumStream(stream AddStream_SumStreamServer) error {
	for {
		m, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receiving: %w", err)
		}
		response, _ := sum(stream.Context(), sumRequest{A: int(m.A), B: int(m.B)})
		r := response.(sumResponse)
		if err := stream.Send(&SumReply{V: int64(r.V), Err: text(r.Err)}); err != nil {
			return err
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Command gokit is the peer of the benchmarks on Go kit.
//
// Without an argument it serves POST /uppercase on Go kit's HTTP transport; with "stack" the same
// with logging, metrics, a rate limit, a breaker and a timeout around the endpoint. With "grpc" and
// "grpc stack" the same is served on Go kit's gRPC transport, with "grpc bare" on grpc-go alone. It
// prints the address it listens on. With "calls" it calls endpoints in the process, as often as it is
// asked.
//
// It ends when its standard input does.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/go-kit/kit/endpoint"
	httptransport "github.com/go-kit/kit/transport/http"
)

var errEmpty = errors.New("empty string")

type service struct{}

func (service) Uppercase(s string) (string, error) {
	if s == "" {
		return "", errEmpty
	}
	return strings.ToUpper(s), nil
}

type request struct {
	S string `json:"s"`
}

type response struct {
	V   string `json:"v"`
	Err string `json:"err,omitempty"`
}

func makeEndpoint(svc service) endpoint.Endpoint {
	return func(_ context.Context, in interface{}) (interface{}, error) {
		v, err := svc.Uppercase(in.(request).S)
		if err != nil {
			return response{v, err.Error()}, nil
		}
		return response{v, ""}, nil
	}
}

func decode(_ context.Context, r *http.Request) (interface{}, error) {
	var in request
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	return in, nil
}

func serve(uppercase endpoint.Endpoint) {
	mux := http.NewServeMux()
	mux.Handle("/uppercase", httptransport.NewServer(
		uppercase, decode, httptransport.EncodeJSONResponse,
	))
	listener := listen()
	fmt.Fprintln(os.Stderr, http.Serve(listener, mux))
	os.Exit(1)
}

// listen opens a free port and says which, and ends the program when its input does.
func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	endWithInput()
	return listener
}

func endWithInput() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
}

func main() {
	uppercase := makeEndpoint(service{})
	switch mode := strings.Join(os.Args[1:], " "); mode {
	case "":
		serve(uppercase)
	case "stack":
		serve(whole("uppercase")(uppercase))
	case "grpc bare":
		serveGRPC(bareStrings{service{}})
	case "grpc":
		serveGRPC(overKit(uppercase))
	case "grpc stack":
		serveGRPC(overKit(whole("uppercase")(uppercase)))
	case "calls":
		answerCalls(os.Stdin, os.Stdout)
	default:
		fmt.Fprintf(os.Stderr, "gokit: there is no %q; there are \"stack\", \"grpc\", \"grpc bare\", \"grpc stack\" and \"calls\"\n", mode)
		os.Exit(2)
	}
}

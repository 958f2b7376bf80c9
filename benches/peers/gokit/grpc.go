package main

import (
	"context"
	"fmt"
	"os"

	"github.com/go-kit/kit/endpoint"
	grpctransport "github.com/go-kit/kit/transport/grpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// stringsServer is what a generator would make of the service bench.Strings; its only message is of
// the form of StringValue, for which there is generated code already.
type stringsServer interface {
	Uppercase(context.Context, *wrapperspb.StringValue) (*wrapperspb.StringValue, error)
}

func handleUppercase(
	srv interface{}, ctx context.Context, decode func(interface{}) error, interceptor grpc.UnaryServerInterceptor,
) (interface{}, error) {
	in := new(wrapperspb.StringValue)
	if err := decode(in); err != nil {
		return nil, err
	}
	if interceptor == nil {
		return srv.(stringsServer).Uppercase(ctx, in)
	}
	info := &grpc.UnaryServerInfo{Server: srv, FullMethod: "/bench.Strings/Uppercase"}
	handler := func(ctx context.Context, request interface{}) (interface{}, error) {
		return srv.(stringsServer).Uppercase(ctx, request.(*wrapperspb.StringValue))
	}
	return interceptor(ctx, in, info, handler)
}

var stringsDesc = grpc.ServiceDesc{
	ServiceName: "bench.Strings",
	HandlerType: (*stringsServer)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "Uppercase", Handler: handleUppercase}},
}

// bareStrings is the service without Go kit.
type bareStrings struct{ service }

func (s bareStrings) Uppercase(_ context.Context, in *wrapperspb.StringValue) (*wrapperspb.StringValue, error) {
	v, err := s.service.Uppercase(in.Value)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &wrapperspb.StringValue{Value: v}, nil
}

// kitStrings is the service by Go kit's transport.
type kitStrings struct{ uppercase grpctransport.Handler }

func (s kitStrings) Uppercase(ctx context.Context, in *wrapperspb.StringValue) (*wrapperspb.StringValue, error) {
	_, out, err := s.uppercase.ServeGRPC(ctx, in)
	if err != nil {
		return nil, err
	}
	return out.(*wrapperspb.StringValue), nil
}

func decodeGRPC(_ context.Context, in interface{}) (interface{}, error) {
	return request{in.(*wrapperspb.StringValue).Value}, nil
}

func encodeGRPC(_ context.Context, out interface{}) (interface{}, error) {
	answer := out.(response)
	if answer.Err != "" {
		return nil, status.Error(codes.InvalidArgument, answer.Err)
	}
	return &wrapperspb.StringValue{Value: answer.V}, nil
}

func overKit(uppercase endpoint.Endpoint) stringsServer {
	return kitStrings{grpctransport.NewServer(uppercase, decodeGRPC, encodeGRPC)}
}

func serveGRPC(server stringsServer) {
	listener := listen()
	own := grpc.NewServer()
	own.RegisterService(&stringsDesc, server)
	fmt.Fprintln(os.Stderr, own.Serve(listener))
	os.Exit(1)
}

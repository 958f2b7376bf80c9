// A peer built with Go kit's own transports: addsvc's contract as a server and as a client.
//
//	gokit serve   serves on ports of its own, says on which, and ends with its standard input
//	gokit call    makes the calls that its standard input asks for, one a line, and prints what
//	              came of each
//
// The messages in addsvc.pb.go and addsvc_grpc.pb.go are generated from ../../proto/addsvc.proto:
//
//	protoc -I ../../proto --go_out=. --go_opt=paths=source_relative,Maddsvc.proto=./gokit;main \
//	    --go-grpc_out=. --go-grpc_opt=paths=source_relative,Maddsvc.proto=./gokit;main addsvc.proto
package main

import (
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: gokit serve | gokit call")
	}
	var err error
	switch os.Args[1] {
	case "serve":
		err = serve(os.Stdin, os.Stdout)
	case "call":
		err = call(os.Stdin, os.Stdout)
	default:
		log.Fatalf("there is no command %q", os.Args[1])
	}
	if err != nil {
		log.Fatal(err)
	}
}

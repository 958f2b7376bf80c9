package main

import (
	"context"
	"errors"
	"math"

	"github.com/go-kit/kit/endpoint"
)

var (
	errTwoZeroes = errors.New("can't sum two zeroes")
	errOverflow  = errors.New("integer overflow")
	errTooLong   = errors.New("result exceeds maximum size")
	errBusy      = errors.New("come back later")
)

// The longest text, in bytes.
const longest = 10

type sumRequest struct{ A, B int }

type concatRequest struct{ A, B string }

type sumResponse struct {
	V   int   `json:"v"`
	Err error `json:"-"`
}

type concatResponse struct {
	V   string `json:"v"`
	Err error  `json:"-"`
}

func (r sumResponse) Failed() error    { return r.Err }
func (r concatResponse) Failed() error { return r.Err }

var (
	_ endpoint.Failer = sumResponse{}
	_ endpoint.Failer = concatResponse{}
)

// Errors of the domain are in the response, as in Go kit's addsvc.
func sum(_ context.Context, request interface{}) (interface{}, error) {
	r := request.(sumRequest)
	switch total := int64(r.A) + int64(r.B); {
	case r.A == 0 && r.B == 0:
		return sumResponse{Err: errTwoZeroes}, nil
	case total < math.MinInt32 || total > math.MaxInt32:
		return sumResponse{Err: errOverflow}, nil
	default:
		return sumResponse{V: int(total)}, nil
	}
}

// The text "busy" is refused by the endpoint itself, as its layers refuse.
func concat(_ context.Context, request interface{}) (interface{}, error) {
	r := request.(concatRequest)
	if r.A == "busy" {
		return nil, errBusy
	}
	if len(r.A)+len(r.B) > longest {
		return concatResponse{Err: errTooLong}, nil
	}
	return concatResponse{V: r.A + r.B}, nil
}

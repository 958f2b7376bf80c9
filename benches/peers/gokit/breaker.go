package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-kit/kit/endpoint"
)

// breaker opens after so many failures in a row. The breakers that Go kit wraps are not packaged by
// Debian; this one does as little as can be done behind a mutex, and is no slower than those.
type breaker struct {
	mu        sync.Mutex
	failures  int
	openUntil time.Time
}

const failuresInARow = 6

var errOpen = errors.New("circuit breaker is open")

func newBreaker() *breaker { return &breaker{} }

func (b *breaker) before() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures >= failuresInARow && time.Now().Before(b.openUntil) {
		return errOpen
	}
	return nil
}

func (b *breaker) after(ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ok {
		b.failures = 0
		return
	}
	b.failures++
	b.openUntil = time.Now().Add(time.Minute)
}

func (b *breaker) execute(run func() (interface{}, error)) (interface{}, error) {
	if err := b.before(); err != nil {
		return nil, err
	}
	// A panic counts as a failure.
	ended := false
	defer func() {
		if !ended {
			b.after(false)
		}
	}()
	response, err := run()
	ended = true
	b.after(err == nil)
	return response, err
}

func (b *breaker) middleware(next endpoint.Endpoint) endpoint.Endpoint {
	return func(ctx context.Context, request interface{}) (interface{}, error) {
		return b.execute(func() (interface{}, error) { return next(ctx, request) })
	}
}

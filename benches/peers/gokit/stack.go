package main

import (
	"context"
	"io"
	"time"

	"github.com/go-kit/kit/endpoint"
	"github.com/go-kit/kit/metrics"
	kitprometheus "github.com/go-kit/kit/metrics/prometheus"
	"github.com/go-kit/kit/ratelimit"
	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
)

// More than any run asks for: what is measured is a call that passes.
const unreachable = 1_000_000_000

const limit = 30 * time.Second

// five is what usually is around an endpoint but for logging.
func five(method string) endpoint.Middleware {
	return endpoint.Chain(
		instrument(method),
		deadline,
		ratelimit.NewErroringLimiter(rate.NewLimiter(unreachable, unreachable)),
		newBreaker().middleware,
		timeout(limit),
	)
}

// whole is the same with a line of log for each request.
func whole(method string) endpoint.Middleware {
	logger := log.NewJSONLogger(log.NewSyncWriter(io.Discard))
	logger = log.With(logger, "ts", log.DefaultTimestampUTC)
	return endpoint.Chain(logging(log.With(logger, "service", "stringsvc", "method", method)), five(method))
}

// As in Go kit's own example addsvc.
func logging(logger log.Logger) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request interface{}) (response interface{}, err error) {
			defer func(begin time.Time) {
				outcome := "ok"
				if err != nil {
					outcome = "error"
				}
				_ = logger.Log("took", time.Since(begin), "outcome", outcome)
			}(time.Now())
			return next(ctx, request)
		}
	}
}

func instrument(method string) endpoint.Middleware {
	labels := []string{"service", "method"}
	var requests metrics.Counter = kitprometheus.NewCounterFrom(prometheus.CounterOpts{
		Name: "endpoint_requests_total_" + method, Help: "Calls that began.",
	}, labels)
	var duration metrics.Histogram = kitprometheus.NewHistogramFrom(prometheus.HistogramOpts{
		Name: "endpoint_duration_seconds_" + method, Help: "How long calls took.",
	}, labels)
	requests = requests.With("service", "stringsvc", "method", method)
	duration = duration.With("service", "stringsvc", "method", method)
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request interface{}) (interface{}, error) {
			requests.Add(1)
			defer func(begin time.Time) {
				duration.Observe(time.Since(begin).Seconds())
			}(time.Now())
			return next(ctx, request)
		}
	}
}

func deadline(next endpoint.Endpoint) endpoint.Endpoint {
	return func(ctx context.Context, request interface{}) (interface{}, error) {
		if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
			return nil, context.DeadlineExceeded
		}
		return next(ctx, request)
	}
}

func timeout(limit time.Duration) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request interface{}) (interface{}, error) {
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			return next(ctx, request)
		}
	}
}

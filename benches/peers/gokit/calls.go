package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/go-kit/kit/endpoint"
)

// message is what is passed in the benchmarks of endpoints: three words, in and out.
type message struct{ id, amount, version uint64 }

var errNotFound = errors.New("there is none")

func leaf(_ context.Context, request interface{}) (interface{}, error) {
	m := request.(message)
	if m.id < 1 {
		return nil, errNotFound
	}
	m.version++
	return m, nil
}

// answerCalls reads lines "NAME CALLS", calls that endpoint so often, and answers each line with how
// many objects were allocated meanwhile.
func answerCalls(in io.Reader, out io.Writer) {
	endpoints := map[string]endpoint.Endpoint{
		"leaf":  leaf,
		"five":  five("five")(leaf),
		"whole": whole("whole")(leaf),
	}
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(24*time.Hour))
	defer cancel()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var name string
		var calls uint64
		if _, err := fmt.Sscan(lines.Text(), &name, &calls); err != nil || endpoints[name] == nil {
			fmt.Fprintf(os.Stderr, "gokit: %q is no NAME CALLS\n", lines.Text())
			os.Exit(2)
		}
		call := endpoints[name]
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for n := uint64(1); n <= calls; n++ {
			if _, err := call(ctx, message{n, 1, 2}); err != nil {
				fmt.Fprintln(os.Stderr, "gokit:", err)
				os.Exit(1)
			}
		}
		runtime.ReadMemStats(&after)
		fmt.Fprintln(out, after.Mallocs-before.Mallocs)
	}
}

package host2plugin

import (
	"context"

	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
)

// How many calls of one execution are answered at once. Beyond it the engine's events wait.
const maxCalls = 64

// call answers a question in a goroutine that ends before Run returns.
func (x *execution) call(ctx context.Context, message *pb.Call) error {
	answer, err := x.question(message)
	if err != nil {
		return err
	}
	if x.slots == nil {
		x.slots = make(chan struct{}, maxCalls)
		x.calls, x.endCalls = context.WithCancel(ctx)
	}
	select {
	case x.slots <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	x.answers.Go(func() {
		defer func() { <-x.slots }()
		reply := &pb.Reply{Id: message.GetId()}
		answer(x.calls, reply)
		if x.calls.Err() == nil { // else the engine is told of the end, which code must not be able to catch as an answer
			x.reply(reply)
		}
	})
	return nil
}

// question reads a call and gives what answers it.
func (x *execution) question(message *pb.Call) (func(ctx context.Context, reply *pb.Reply), error) {
	switch q := message.GetQuestion().(type) {
	case *pb.Call_Fetch:
		return x.fetch(message.GetStep(), q.Fetch)
	case *pb.Call_InvokeFlow:
		return x.invokeFlow(message.GetStep(), q.InvokeFlow)
	default:
		return nil, violation("a call without a known question")
	}
}

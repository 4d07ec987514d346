package sdk

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/handshake"
	"github.com/hookstep-dev/hookstep/sdk/internal/pb/pluginv1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/plugin2host"
)

// service is the Plugin service of the process.
type service struct {
	pluginv1.UnimplementedPluginServer

	plugin   Plugin
	runs     *plugin2host.Runs
	exit     chan<- int
	stderr   *os.File // as the host gave it
	streams  sync.Once
	stopping atomic.Bool
}

// Describe implements the service. It is the first call of every host, and comes after go-plugin has put pipes in the
// place of the standard streams: their ends are lost when the process ends, so they are led to the log instead.
func (s *service) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	s.streams.Do(func() { redirect(s.stderr, os.Stdout, os.Stderr) })
	return &pluginv1.DescribeResponse{
		Name:     s.plugin.Name,
		Version:  s.plugin.Version,
		Protocol: handshake.Minor,
		Engine:   s.plugin.Engine != nil,
		Provider: s.plugin.Provider != nil,
	}, nil
}

// Stop implements the service. The process ends when the answer has left, or as soon as the host lets go of it.
func (s *service) Stop(ctx context.Context, request *pluginv1.StopRequest) (*pluginv1.StopResponse, error) {
	s.stopping.Store(true)
	s.runs.Drain(fault.New(fault.Engine, fault.Unavailable, "the plugin is stopping"))
	grace := time.NewTimer(time.Duration(request.GetGraceMs()) * time.Millisecond)
	defer grace.Stop()
	select {
	case <-s.runs.Drained():
	case <-ctx.Done():
	case <-grace.C:
	}
	time.AfterFunc(farewell, func() { s.exit <- exitOK })
	return &pluginv1.StopResponse{}, nil
}

// leave ends the process when a panic took it out of service and what else ran has ended.
func (s *service) leave() {
	<-s.runs.Drained()
	if s.stopping.Load() {
		return
	}
	time.AfterFunc(farewell, func() { s.exit <- exitPanicked })
}

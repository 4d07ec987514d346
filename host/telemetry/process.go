package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Process is the state of a plugin's process: of an engine for one integration, or of a provider of connections for all.
type Process struct {
	Engine      string // with Integration
	Integration string
	Provider    string // in place of both
	Running     bool
	RSS         int64 // bytes
	LanesOpen   int   // of an engine
	Busy        int   // executions or calls
	Waiting     int
	Starts      int
	Kills       int
	Crashes     int
}

// processCollector reads the processes when it is asked.
type processCollector struct{ read func() []Process }

// Describe implements prometheus.Collector: the series depend on what runs, so none is promised.
func (c *processCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *processCollector) Collect(out chan<- prometheus.Metric) {
	for _, process := range c.read() {
		series := process.series(out)
		running := int64(0)
		if process.Running {
			running = 1
		}
		series.gauge("running", "Whether the process runs.", running)
		series.gauge("resident_bytes", "Memory that the process has.", process.RSS)
		if process.Provider == "" {
			series.gauge("lanes_open", "Places where executions can run.", int64(process.LanesOpen))
			series.gauge("lanes_busy", "Places where one runs.", int64(process.Busy))
			series.gauge("waiting", "Executions that wait for a place.", int64(process.Waiting))
		} else {
			series.gauge("calls", "Calls under way.", int64(process.Busy))
			series.gauge("waiting", "Calls that wait for others.", int64(process.Waiting))
		}
		series.counter("starts_total", "Starts of the process.", process.Starts)
		series.counter("kills_total", "Processes that were killed for what they did.", process.Kills)
		series.counter("crashes_total", "Processes that died by themselves.", process.Crashes)
	}
}

// series are the metrics of one process.
type series struct {
	out    chan<- prometheus.Metric
	prefix string
	names  []string // of labels
	values []string
}

func (p *Process) series(out chan<- prometheus.Metric) series {
	if p.Provider != "" {
		return series{out, "hookstep_provider_", []string{"provider"}, []string{p.Provider}}
	}
	return series{out, "hookstep_engine_", []string{"engine", "integration"}, []string{p.Engine, p.Integration}}
}

func (s series) gauge(name, help string, value int64) {
	s.out <- prometheus.MustNewConstMetric(s.desc(name, help), prometheus.GaugeValue, float64(value), s.values...)
}

func (s series) counter(name, help string, value int) {
	s.out <- prometheus.MustNewConstMetric(s.desc(name, help), prometheus.CounterValue, float64(value), s.values...)
}

func (s series) desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(s.prefix+name, help, s.names, nil)
}

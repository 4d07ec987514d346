package telemetry

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// Metrics counts what happens, on a registry of its own. Its methods may be called from several goroutines at once.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	steps    *prometheus.CounterVec
	stepTime *prometheus.CounterVec
	runs     *prometheus.CounterVec
	accepted *prometheus.HistogramVec
}

// NewMetrics makes the program's metrics; processes is asked for those of the plugins whenever somebody reads them.
func NewMetrics(processes func() []Process) *Metrics {
	flow := []string{"instance", "flow"}
	metrics := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hookstep_requests_total", Help: "Answered requests; instance and flow are empty where no flow was found.",
		}, append(flow, "status")),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hookstep_execution_seconds", Help: "Time from the start of an execution to its end.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 5, 30, 120, 900},
		}, flow),
		steps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hookstep_steps_total", Help: "Ended steps by fault code, which is empty for those that succeeded.",
		}, append(flow, "step", "fault")),
		stepTime: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hookstep_step_seconds_total", Help: "Time spent in ended steps.",
		}, append(flow, "step")),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hookstep_executions_total", Help: "Runs of executions by what became of the execution; waiting: it runs again later.",
		}, append(flow, "status")),
		accepted: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hookstep_accept_seconds", Help: "Time that the database needed to keep an accepted execution.",
			Buckets: []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .5, 1, 5},
		}, flow),
	}
	metrics.registry.MustRegister(metrics.requests, metrics.duration, metrics.steps, metrics.stepTime, metrics.runs, metrics.accepted,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &processCollector{processes})
	return metrics
}

// Handler serves the metrics in Prometheus's format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// request counts an answer. Target's pointers are nil if no flow was found.
func (m *Metrics) request(target integration.Target, status int) {
	if target.Flow == nil {
		m.requests.WithLabelValues("", "", strconv.Itoa(status)).Inc()
		return
	}
	m.requests.WithLabelValues(string(target.Instance.Name), string(target.Flow.Slug), strconv.Itoa(status)).Inc()
}

// execution counts a run of one. Target's pointers are nil if its flow is not served.
func (m *Metrics) execution(target integration.Target, outcome *integration.Outcome, status store.Status) {
	if target.Flow == nil {
		m.runs.WithLabelValues("", "", string(status)).Inc()
		return
	}
	instance, flow := string(target.Instance.Name), string(target.Flow.Slug)
	m.runs.WithLabelValues(instance, flow, string(status)).Inc()
	m.duration.WithLabelValues(instance, flow).Observe(outcome.Elapsed.Seconds())
	if outcome.Trigger != nil {
		m.step(instance, flow, outcome.Trigger)
	}
	for i := range outcome.Steps {
		m.step(instance, flow, &outcome.Steps[i])
	}
}

func (m *Metrics) step(instance, flow string, result *engine.StepResult) {
	code := ""
	if result.Fault != nil {
		code = string(result.Fault.Code)
	}
	m.steps.WithLabelValues(instance, flow, result.Key, code).Inc()
	m.stepTime.WithLabelValues(instance, flow, result.Key).Add(result.Elapsed.Seconds())
}

// depthCollector counts executions that have not ended when it is asked.
type depthCollector struct {
	desc *prometheus.Desc
	read func() map[store.Status]int
}

// Depths adds how many executions have not ended. Read is called whenever somebody reads the metrics; with nil from it they
// are left out.
func (m *Metrics) Depths(read func() map[store.Status]int) {
	m.registry.MustRegister(&depthCollector{
		prometheus.NewDesc("hookstep_executions_waiting", "Executions that have not ended.", []string{"status"}, nil), read,
	})
}

// Describe implements prometheus.Collector.
func (c *depthCollector) Describe(out chan<- *prometheus.Desc) { out <- c.desc }

// Collect implements prometheus.Collector.
func (c *depthCollector) Collect(out chan<- prometheus.Metric) {
	depths := c.read()
	if depths == nil {
		return
	}
	for _, status := range store.Statuses() {
		if !status.Ended() {
			out <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(depths[status]), string(status))
		}
	}
}

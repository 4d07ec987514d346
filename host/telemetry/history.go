package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Recording is what became of executions that are recorded after their answer, so far.
type Recording struct {
	Kept     int64
	Waiting  int64 // now
	Bytes    int64 // of those
	Dropped  Dropped
	Deleted  int64 // by retention
	Failures int64 // batches that retention did not get deleted
}

// Dropped counts what was not recorded.
type Dropped struct {
	Contents   int64 // executions without input and results
	Steps      int64 // executions without steps and log either
	Executions int64 // that succeeded
	Failures   int64 // executions that failed
}

// historyCollector counts the record of executions when it is asked.
type historyCollector struct{ read func() Recording }

// History adds what became of the record of executions. Read is called whenever somebody reads the metrics.
func (m *Metrics) History(read func() Recording) { m.registry.MustRegister(&historyCollector{read}) }

// Describe implements prometheus.Collector: the series are those of Collect.
func (c *historyCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *historyCollector) Collect(out chan<- prometheus.Metric) {
	now := c.read()
	tell := func(kind prometheus.ValueType, name, help string, value int64) {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc("hookstep_history_"+name, help, nil, nil), kind, float64(value))
	}
	tell(prometheus.CounterValue, "recorded_total", "Synchronous executions that were recorded.", now.Kept)
	tell(prometheus.GaugeValue, "waiting", "Synchronous executions that wait to be recorded.", now.Waiting)
	tell(prometheus.GaugeValue, "waiting_bytes", "Memory that they hold.", now.Bytes)
	tell(prometheus.CounterValue, "deleted_total", "Executions that retention deleted.", now.Deleted)
	tell(prometheus.CounterValue, "delete_failures_total", "Batches that retention was not able to delete.", now.Failures)
	dropped := prometheus.NewDesc("hookstep_history_dropped_total",
		"What load or a database that was down took from the record: contents and steps of executions that are recorded, executions, failures.",
		[]string{"what"}, nil)
	for what, count := range map[string]int64{
		"contents": now.Dropped.Contents, "steps": now.Dropped.Steps, "executions": now.Dropped.Executions, "failures": now.Dropped.Failures,
	} {
		out <- prometheus.MustNewConstMetric(dropped, prometheus.CounterValue, float64(count), what)
	}
}

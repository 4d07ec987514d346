package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Connections counts connections.
type Connections struct {
	ByStatus map[string]int   // of all that are served or kept; nil: not known at the moment
	Renewals map[string]int64 // tries of this host so far, by what they came to
}

// connectionCollector counts connections when it is asked.
type connectionCollector struct{ read func() Connections }

// Connections adds the connections. Read is called whenever somebody reads the metrics.
func (m *Metrics) Connections(read func() Connections) {
	m.registry.MustRegister(&connectionCollector{read})
}

// Describe implements prometheus.Collector: the series are those of Collect.
func (c *connectionCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *connectionCollector) Collect(out chan<- prometheus.Metric) {
	now := c.read()
	byStatus := prometheus.NewDesc("hookstep_connections", "Connections by status.", []string{"status"}, nil)
	for status, count := range now.ByStatus {
		out <- prometheus.MustNewConstMetric(byStatus, prometheus.GaugeValue, float64(count), status)
	}
	renewals := prometheus.NewDesc("hookstep_connection_renewals_total",
		"Tries of this host to renew or obtain a token, by what they came to.", []string{"result"}, nil)
	for result, count := range now.Renewals {
		out <- prometheus.MustNewConstMetric(renewals, prometheus.CounterValue, float64(count), result)
	}
}

package connect

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// sending is connection.Send, read.
type sending struct {
	headers []placed
	query   []placed
}

type placed struct {
	name  string
	value connection.Template
}

func newSending(send connection.Send) (sending, error) {
	headers, err := readPlaces(send.Headers)
	if err != nil {
		return sending{}, err
	}
	query, err := readPlaces(send.Query)
	return sending{headers, query}, err
}

func readPlaces(pairs []connection.Pair) ([]placed, error) {
	var read []placed
	for _, pair := range pairs {
		value, err := connection.ParseTemplate(pair.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pair.Key, err)
		}
		read = append(read, placed{pair.Key, value})
	}
	return read, nil
}

// fill gives what a credential adds to a request.
func (s *sending) fill(fields connection.Values, token []byte) connection.Additions {
	var added connection.Additions
	for _, one := range s.headers {
		if value, whole := one.value.Fill(fields, token); whole {
			added.Headers = append(added.Headers, hostapi.Header{Name: one.name, Value: value})
		}
	}
	for _, one := range s.query {
		if value, whole := one.value.Fill(fields, token); whole {
			added.Query = append(added.Query, connection.Pair{Key: one.name, Value: value})
		}
	}
	return added
}

// put adds to a request; what has the name of an addition is replaced by it, all else stays as it is, to the byte.
func put(request *http.Request, added connection.Additions) error {
	for _, header := range added.Headers {
		if strings.ContainsAny(header.Value, "\r\n\x00") || header.Name == "" {
			return fault.New(fault.Host, fault.Refused, "the credential does not fit into the header %q: it has more than one line", header.Name)
		}
		request.Header.Del(header.Name)
	}
	for _, header := range added.Headers {
		request.Header.Add(header.Name, header.Value)
	}
	if len(added.Query) > 0 {
		request.URL.RawQuery = putQuery(request.URL.RawQuery, added.Query)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/connectiontest"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// The credential of the test suite that AWS published for Signature Version 4, and its moment.
func suiteSettings() connection.Settings {
	return connection.Settings{Type: "awsSignature", Fields: connection.Values{
		accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "us-east-1", service: "service",
	}}
}

var suiteTime = time.Date(2015, time.August, 30, 12, 36, 0, 0, time.UTC)

const (
	emptySignature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
	unreservedPath = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// TestVectors are the cases of the suite. One is left out: a header over several lines, which no request has any more.
func TestVectors(t *testing.T) {
	t.Parallel()
	for _, vector := range []struct {
		name, method, target string
		headers              [][2]string
		body                 string
		signed, signature    string
	}{
		{"get-header-key-duplicate", "GET", "/", [][2]string{{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}, "", "host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
		{"get-header-value-order", "GET", "/", [][2]string{{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}}, "", "host;my-header1;x-amz-date", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
		{"get-header-value-trim", "GET", "/", [][2]string{{"My-Header1", " value1"}, {"My-Header2", ` "a   b   c"`}}, "", "host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
		{"get-unreserved", "GET", "/" + unreservedPath, nil, "", "host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
		{"get-utf8", "GET", "/ሴ", nil, "", "host;x-amz-date", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
		{"get-vanilla", "GET", "/", nil, "", "host;x-amz-date", emptySignature},
		{"get-vanilla-empty-query-key", "GET", "/?Param1=value1", nil, "", "host;x-amz-date", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
		{"get-vanilla-query", "GET", "/", nil, "", "host;x-amz-date", emptySignature},
		{"get-vanilla-query-order-key", "GET", "/?Param1=value2&Param1=Value1", nil, "", "host;x-amz-date", "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
		{"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", nil, "", "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{"get-vanilla-query-order-value", "GET", "/?Param1=value2&Param1=value1", nil, "", "host;x-amz-date", "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
		{"get-vanilla-query-unreserved", "GET", "/?" + unreservedPath + "=" + unreservedPath, nil, "", "host;x-amz-date", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
		{"get-vanilla-utf8-query", "GET", "/?ሴ=bar", nil, "", "host;x-amz-date", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
		{"normalize-path/get-relative", "GET", "/example/..", nil, "", "host;x-amz-date", emptySignature},
		{"normalize-path/get-relative-relative", "GET", "/example1/example2/../..", nil, "", "host;x-amz-date", emptySignature},
		{"normalize-path/get-slash", "GET", "//", nil, "", "host;x-amz-date", emptySignature},
		{"normalize-path/get-slash-dot-slash", "GET", "/./", nil, "", "host;x-amz-date", emptySignature},
		{"normalize-path/get-slash-pointless-dot", "GET", "/./example", nil, "", "host;x-amz-date", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
		{"normalize-path/get-slashes", "GET", "//example//", nil, "", "host;x-amz-date", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
		{"normalize-path/get-space", "GET", "/example space/", nil, "", "host;x-amz-date", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
		{"post-header-key-case", "POST", "/", [][2]string{{"X-AMZ-DATE", "20150830T123600Z"}}, "", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"post-header-key-sort", "POST", "/", [][2]string{{"My-Header1", "value1"}}, "", "host;my-header1;x-amz-date", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
		{"post-header-value-case", "POST", "/", [][2]string{{"My-Header1", "VALUE1"}}, "", "host;my-header1;x-amz-date", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
		{"post-vanilla", "POST", "/", nil, "", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"post-vanilla-empty-query-value", "POST", "/?Param1=value1", nil, "", "host;x-amz-date", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
		{"post-x-www-form-urlencoded", "POST", "/", [][2]string{{"Content-Type", "application/x-www-form-urlencoded"}}, "Param1=value1", "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
		{"post-x-www-form-urlencoded-parameters", "POST", "/", [][2]string{{"Content-Type", "application/x-www-form-urlencoded; charset=utf8"}}, "Param1=value1", "content-type;host;x-amz-date", "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
	} {
		t.Run(vector.name, func(t *testing.T) {
			t.Parallel()
			request := connection.Request{Method: vector.method, URL: "https://example.amazonaws.com" + vector.target, Body: []byte(vector.body), At: suiteTime}
			request.Headers = []hostapi.Header{{Name: "Host", Value: "example.amazonaws.com"}, {Name: "X-Amz-Date", Value: "20150830T123600Z"}}
			for _, header := range vector.headers {
				request.Headers = append(request.Headers, hostapi.Header{Name: header[0], Value: header[1]})
			}
			want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" + vector.signed + ", Signature=" + vector.signature
			if diff := cmp.Diff(want, added(t, suiteSettings(), request)["Authorization"]); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func added(t *testing.T, settings connection.Settings, request connection.Request) map[string]string {
	t.Helper()
	additions, err := provider{}.Apply(t.Context(), settings, connection.Token{}, request)
	if err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{}
	for _, header := range additions.Headers {
		headers[header.Name] = header.Value
	}
	return headers
}

// TestSessionToken: the suite's case post-sts-header-before. The token is sent and signed.
func TestSessionToken(t *testing.T) {
	t.Parallel()
	settings := suiteSettings()
	settings.Fields[sessionToken] = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
	got := added(t, settings, connection.Request{Method: "POST", URL: "https://example.amazonaws.com/", At: suiteTime})
	want := map[string]string{
		"X-Amz-Date": "20150830T123600Z", "X-Amz-Security-Token": settings.Fields[sessionToken],
		"Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
			"SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestS3: the examples of the documentation of S3, whose paths stay as they are and whose body's digest is sent.
func TestS3(t *testing.T) {
	t.Parallel()
	settings := connection.Settings{Type: "awsSignature", Fields: connection.Values{
		accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1", service: "s3",
	}}
	at := time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC)
	for _, example := range []struct {
		name      string
		request   connection.Request
		signature string
	}{
		{"get an object", connection.Request{
			Method: "GET", URL: "https://examplebucket.s3.amazonaws.com/test.txt", At: at, Headers: []hostapi.Header{{Name: "Range", Value: "bytes=0-9"}},
		}, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{"put an object", connection.Request{
			Method: "PUT", URL: "https://examplebucket.s3.amazonaws.com/test%24file.text", At: at, Body: []byte("Welcome to Amazon S3."),
			Headers: []hostapi.Header{{Name: "Date", Value: "Fri, 24 May 2013 00:00:00 GMT"}, {Name: "x-amz-storage-class", Value: "REDUCED_REDUNDANCY"}},
		}, "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{"get the lifecycle", connection.Request{
			Method: "GET", URL: "https://examplebucket.s3.amazonaws.com/?lifecycle", At: at,
		}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{"list objects", connection.Request{
			Method: "GET", URL: "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J", At: at,
		}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	} {
		t.Run(example.name, func(t *testing.T) {
			t.Parallel()
			got := added(t, settings, example.request)["Authorization"]
			if !strings.HasSuffix(got, "Signature="+example.signature) {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestValidate: findings name the input.
func TestValidate(t *testing.T) {
	t.Parallel()
	settings := suiteSettings()
	settings.Fields[secretAccessKey] += "\n"
	settings.Fields[region] = "us-east-1/s3"
	findings, err := provider{}.Validate(context.Background(), settings)
	var keys []string
	for _, finding := range findings {
		keys = append(keys, finding.Key)
	}
	if diff := cmp.Diff([]string{secretAccessKey, region}, keys); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

// TestConformance runs the conformance suite against the program.
func TestConformance(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "aws-signature")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatal(errors.New(string(output)))
	}
	text, err := os.ReadFile("samples.json")
	if err != nil {
		t.Fatal(err)
	}
	samples, err := connectiontest.ReadSamples(text)
	if err != nil {
		t.Fatal(err)
	}
	connectiontest.Test(t, connectiontest.Target{Command: &launch.Command{Path: program}}, connectiontest.Options{Samples: samples})
}

package preset_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/endpoints"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/preset"
)

func all(t *testing.T) []preset.Preset {
	t.Helper()
	read, err := preset.All()
	if err != nil {
		t.Fatal(err)
	}
	if len(read) < 60 {
		t.Fatalf("%d presets", len(read))
	}
	return read
}

// Every entry of the file is whole, and can do no harm.
func TestFile(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, each := range all(t) {
		problem := func(format string, args ...any) { t.Helper(); t.Errorf(each.Key+": "+format, args...) }
		if !regexp.MustCompile(`^[a-z][a-z0-9-]*$`).MatchString(each.Key) || seen[each.Key] || seen[each.Name] || each.Name == "" {
			problem("key or name is missing, malformed or there twice")
		}
		seen[each.Key], seen[each.Name] = true, true
		if !slices.Contains([]string{"header", "body", "none"}, each.AuthStyle) || !slices.Contains([]string{"", "json"}, each.Body) ||
			!slices.Contains([]string{"", "header", "body"}, each.RevokeStyle) || !slices.Contains([]string{"", "none"}, each.PKCE) {
			problem("auth style %q, of revocations %q, body %q, PKCE %q", each.AuthStyle, each.RevokeStyle, each.Body, each.PKCE)
		}
		if each.PKCE == "none" && (each.AuthStyle == "none" || each.Notes == "") {
			problem("nothing protects its codes, or it does not say why PKCE is left out")
		}
		authorizes := slices.Contains(each.Types, "authorizationCode")
		if authorizes != (each.AuthorizeURL != "") || !authorizes && !slices.Equal(each.Types, []string{"clientCredentials"}) {
			problem("types %q, authorize URL %q", each.Types, each.AuthorizeURL)
		}
		checkAddresses(t, each)
		checkVariables(t, each)
		for _, host := range each.Hosts {
			if !regexp.MustCompile(`^(\*\.)?[a-z0-9{}.-]+$`).MatchString(host) || strings.Count(host, ".") < 1 && host != "{host}" {
				problem("host %q", host)
			}
		}
		for name, value := range each.Send {
			if !strings.Contains(value, "{token.access_token}") && !strings.Contains(value, "{clientId}") {
				problem("%s sends no credential", name)
			}
		}
	}
}

func checkAddresses(t *testing.T, each preset.Preset) {
	t.Helper()
	values := map[string]string{}
	for _, variable := range each.Variables {
		values[variable.Key] = variable.Placeholder
	}
	if len(each.Sources) == 0 {
		t.Errorf("%s: no source", each.Key)
	}
	for _, address := range append([]string{each.AuthorizeURL, each.TokenURL, each.RevokeURL, each.Issuer, each.TestURL}, each.Sources...) {
		whole := each.Expand(address, values)
		if address != "" && (endpoint.CheckURL(strings.Split(whole, "#")[0]) != nil || !strings.HasPrefix(whole, "https://") || strings.Contains(whole, "{")) {
			t.Errorf("%s: URL %q", each.Key, address)
		}
	}
	if tested, err := url.Parse(each.TestURL); err != nil || each.TestURL != "" && !covered(each.Hosts, tested.Hostname()) {
		t.Errorf("%s: the host of %s is not among its hosts", each.Key, each.TestURL)
	}
	if strings.Contains(each.TestURL, "{") {
		t.Errorf("%s: an instance decides where the credential is sent to test it", each.Key)
	}
}

func covered(hosts []string, host string) bool {
	return slices.ContainsFunc(hosts, func(known string) bool {
		return known == host || strings.HasPrefix(known, "*.") && strings.HasSuffix(host, known[1:])
	})
}

func checkVariables(t *testing.T, each preset.Preset) {
	t.Helper()
	texts := []string{each.AuthorizeURL, each.TokenURL, each.RevokeURL}
	for _, value := range each.TokenParams {
		texts = append(texts, value)
	}
	used := regexp.MustCompile(`\{[^}]*\}`).FindAllString(strings.Join(texts, " "), -1)
	for _, name := range used {
		if !slices.ContainsFunc(each.Variables, func(v preset.Variable) bool { return "{"+v.Key+"}" == name }) {
			t.Errorf("%s: there is no variable %s", each.Key, name)
		}
	}
	for _, variable := range each.Variables {
		if !slices.Contains(used, "{"+variable.Key+"}") || variable.Label == "" || variable.Wrong(variable.Placeholder) != "" {
			t.Errorf("%s: the variable %s is not used, has no label, or its placeholder is wrong", each.Key, variable.Key)
		}
		if variable.Default != "" && variable.Wrong(variable.Default) != "" {
			t.Errorf("%s: the default of %s is wrong", each.Key, variable.Key)
		}
	}
}

// A value of a variable stays in its place: it cannot make the URL another host's.
func TestVariablesStayInTheirPlace(t *testing.T) {
	t.Parallel()
	shopify := preset.Find(all(t), "shopify")
	for value, want := range map[string]string{
		"acme": "acme.myshopify.com", "acme-2": "acme-2.myshopify.com", "": "", "evil.example/": "", "evil.example#": "", "evil.example?": "", "a@b": "", "evil.example:443": "",
		"acme.": "", ".acme": "", "a b": "", "ａcme": "", "a\\b": "", "%2e": "", "a\nb": "", "{shop}": "",
	} {
		got, err := url.Parse(shopify.Expand(shopify.TokenURL, map[string]string{"shop": value}))
		if want == "" && err == nil && !strings.Contains(got.Host, "{shop}") {
			t.Errorf("%q gives the host %s", value, got.Host)
		}
		if want != "" && (err != nil || got.Host != want) {
			t.Errorf("%q gives %v, %v; want %s", value, got, err, want)
		}
	}
}

// Where the endpoints of a service are written down by other hands, they are the same.
func TestEndpointsAgreeWithThoseOfOthers(t *testing.T) {
	t.Parallel()
	known := all(t)
	for key, want := range map[string]oauth2.Endpoint{
		"amazon": endpoints.Amazon, "asana": endpoints.Asana, "bitbucket": endpoints.Bitbucket, "coinbase": endpoints.Coinbase, "discord": endpoints.Discord,
		"dropbox": endpoints.Dropbox, "facebook": endpoints.Facebook, "fitbit": endpoints.Fitbit, "github": endpoints.GitHub, "gitlab": endpoints.GitLab,
		"heroku": endpoints.Heroku, "kakao": endpoints.KaKao, "line": endpoints.Line, "linkedin": endpoints.LinkedIn, "mailchimp": endpoints.Mailchimp,
		"microsoft": endpoints.AzureAD("common"), "openstreetmap": endpoints.OpenStreetMap, "patreon": endpoints.Patreon, "pinterest": endpoints.Pinterest,
		"pipedrive": endpoints.Pipedrive, "slack": endpoints.Slack, "spotify": endpoints.Spotify, "strava": endpoints.Strava, "twitch": endpoints.Twitch,
		"x": endpoints.X, "yahoo": endpoints.Yahoo, "yandex": endpoints.Yandex, "zoom": endpoints.Zoom,
		"cognito": endpoints.AWSCognito("https://acme.auth.eu-central-1.amazoncognito.com"),
	} {
		each := preset.Find(known, key)
		values := map[string]string{"domain": "acme.auth.eu-central-1.amazoncognito.com"}
		if got := strings.TrimSuffix(each.Expand(each.AuthorizeURL, values), "/"); got != want.AuthURL {
			t.Errorf("%s: authorize URL %s, others have %s", key, got, want.AuthURL)
		}
		if got := each.Expand(each.TokenURL, values); got != want.TokenURL {
			t.Errorf("%s: token URL %s, others have %s", key, got, want.TokenURL)
		}
	}
	if google := preset.Find(known, "google"); google.TokenURL != endpoints.Google.TokenURL {
		t.Errorf("google: token URL %s, others have %s", google.TokenURL, endpoints.Google.TokenURL)
	}
}

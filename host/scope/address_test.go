package scope_test

import (
	"net/netip"
	"testing"

	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	policy := scope.NewAddresses(nil)
	for _, public := range []string{
		"1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1", "192.0.1.1", "198.17.0.1", "223.255.255.255",
		"2606:4700:4700::1111", "2a00:1450::1", "64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:8.8.8.8",
	} {
		if err := policy.Check(netip.MustParseAddr(public)); err != nil {
			t.Errorf("%s was refused: %v", public, err)
		}
	}
	for _, special := range []string{
		"0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8",
		"192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "255.255.255.255", "168.63.129.16",
		"::", "::1", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2001::1", "2001:0:a00:1::",
		"100::1",
		"3fff::1", "5f00::1", "fec0::1", "64:ff9b:1::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
		"2a00::5efe:10.0.0.1", "2a00::200:5efe:7f00:1",
	} {
		if err := policy.Check(netip.MustParseAddr(special)); !fault.Is(err, fault.Refused) {
			t.Errorf("%s: got %v, want refused", special, err)
		}
	}
}

func TestAllowedAddresses(t *testing.T) {
	t.Parallel()
	var policy scope.FetchPolicy
	policy.Allow("10.1.0.0/16", "127.0.0.1", "fd00::/8", "Internal.Example")
	addresses := scope.NewAddresses(policy.AllowedPrefixes)
	for address, allowed := range map[string]bool{
		"10.1.2.3": true, "10.2.0.1": false, "127.0.0.1": true, "127.0.0.2": false, "::ffff:127.0.0.1": true, "fd12::1": true, "fc00::1": false,
	} {
		if err := addresses.Check(netip.MustParseAddr(address)); allowed != (err == nil) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if len(policy.AllowedHosts) != 1 || policy.AllowedHosts[0] != "internal.example" {
		t.Errorf("hosts: %v", policy.AllowedHosts)
	}
}

package scope

import (
	"net/netip"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Addresses decides which addresses outbound calls may reach. It does not change after NewAddresses.
type Addresses struct {
	refused []netip.Prefix
	allowed []netip.Prefix
}

// NewAddresses makes the policy that refuses every special-purpose address (IANA's registries for IPv4 and IPv6: this
// host, private networks, link-local with the clouds' metadata services, documentation, multicast and so on) except for
// the allowed prefixes.
func NewAddresses(allowed []netip.Prefix) *Addresses {
	policy := &Addresses{allowed: allowed}
	for _, block := range specialPurpose() {
		policy.refused = append(policy.refused, netip.MustParsePrefix(block))
	}
	return policy
}

// specialPurpose lists the blocks that are not a public service's.
func specialPurpose() []string {
	return []string{
		"0.0.0.0/8",          // this network
		"10.0.0.0/8",         // private
		"100.64.0.0/10",      // shared by carriers
		"127.0.0.0/8",        // this host
		"169.254.0.0/16",     // link-local, metadata services
		"172.16.0.0/12",      // private
		"192.0.0.0/24",       // protocol assignments
		"192.0.2.0/24",       // documentation
		"192.88.99.0/24",     // relays of 6to4
		"192.168.0.0/16",     // private
		"198.18.0.0/15",      // benchmarks
		"198.51.100.0/24",    // documentation
		"203.0.113.0/24",     // documentation
		"224.0.0.0/4",        // multicast
		"240.0.0.0/4",        // reserved, broadcast
		"::/96",              // unspecified, this host, IPv4-compatible
		"64:ff9b:1::/48",     // local translation
		"100::/64",           // discard
		"100:0:0:1::/64",     // dummy
		"2001::/23",          // protocol assignments, Teredo among them
		"2001:db8::/32",      // documentation
		"3fff::/20",          // documentation
		"5f00::/16",          // segment routing
		"fc00::/7",           // unique local
		"fe80::/10",          // link-local
		"fec0::/10",          // site-local
		"ff00::/8",           // multicast
		"fd00:ec2::254/128",  // metadata service
		"168.63.129.16/32",   // Azure's host service, a public address that is none
		"100.100.100.200/32", // metadata service
	}
}

// Check refuses an address with a Refused fault. An IPv4 address that is embedded in an IPv6 one (mapped, NAT64, 6to4,
// ISATAP) is judged as well.
func (a *Addresses) Check(address netip.Addr) error {
	address = address.WithZone("").Unmap()
	for _, block := range a.allowed {
		if block.Contains(address) {
			return nil
		}
	}
	if a.isRefused(address) {
		return refused("the address " + address.String() + " is not a public one")
	}
	if inner, ok := embedded(address); ok && a.isRefused(inner) {
		return refused("the address " + address.String() + " holds " + inner.String() + ", which is not a public one")
	}
	return nil
}

func (a *Addresses) isRefused(address netip.Addr) bool {
	for _, block := range a.refused {
		if block.Contains(address) {
			return true
		}
	}
	return false
}

// embedded gives the IPv4 address inside of an IPv6 one.
func embedded(address netip.Addr) (netip.Addr, bool) {
	if !address.Is6() {
		return netip.Addr{}, false
	}
	bytes := address.As16()
	switch {
	case string(bytes[:12]) == "\x00\x64\xff\x9b\x00\x00\x00\x00\x00\x00\x00\x00": // NAT64
		return netip.AddrFrom4([4]byte(bytes[12:])), true
	case bytes[0] == 0x20 && bytes[1] == 0x02: // 6to4
		return netip.AddrFrom4([4]byte(bytes[2:6])), true
	case bytes[8]&^2 == 0 && string(bytes[9:12]) == "\x00\x5e\xfe": // ISATAP
		return netip.AddrFrom4([4]byte(bytes[12:])), true
	}
	return netip.Addr{}, false
}

func refused(why string) *fault.Fault {
	return fault.New(fault.Host, fault.Refused, "%s; an operator can allow it with fetch.allow", why)
}

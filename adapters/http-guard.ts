import { lookup as resolve } from "node:dns";
import type { LookupAddress } from "node:dns";
import { BlockList, isIP } from "node:net";
import type { LookupFunction } from "node:net";

/**
 * Which addresses a client may connect to. `public`: only what the internet routes. `private`: only loopback and private networks,
 * for plain http. `any`: both. Link-local and metadata addresses are refused by all three: a credential has no business there.
 */
export type Reach = "public" | "private" | "any";

/** Loopback and private networks: RFC 1918, RFC 6598, RFC 4193. */
const INSIDE = ranges(
  ["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
  ["::1/128", "fc00::/7"],
);

/** Metadata services, link-local, and what no host answers on. The NAT64, 6to4 and Teredo ranges can carry any IPv4 address inside. */
const NEVER = ranges(
  [
    "0.0.0.0/8",
    "100.100.100.200/32", // Alibaba Cloud's metadata
    "168.63.129.16/32", // Azure's host endpoint
    "169.254.0.0/16", // link-local, and the metadata of AWS, Azure, Google and others
    "192.0.0.0/24", // IETF assignments; Oracle Cloud's metadata is 192.0.0.192
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
  ],
  [
    "::/128",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:db8::/32",
    "2002::/16",
    "fd00:ec2::/32", // AWS metadata over IPv6
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
  ],
);

/** `::a.b.c.d`, deprecated, still taken for IPv4 by some stacks. `::1` is in here too, and is judged as loopback first. */
const COMPATIBLE = ranges([], ["::/96"]);

function ranges(ipv4: readonly string[], ipv6: readonly string[]): BlockList {
  const list = new BlockList();
  const add = (range: string, family: "ipv4" | "ipv6") => {
    const slash = range.indexOf("/");
    list.addSubnet(range.slice(0, slash), Number(range.slice(slash + 1)), family);
  };
  for (const range of ipv4) add(range, "ipv4");
  for (const range of ipv6) add(range, "ipv6");
  return list;
}

/** May this IP address be connected to? An IPv4-mapped IPv6 address is judged as the IPv4 address inside it. Pure. */
export function mayReach(address: string, reach: Reach): boolean {
  const bare = address.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  const version = isIP(bare);
  if (version === 0) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  if (NEVER.check(bare, family)) return false;
  const inside = INSIDE.check(bare, family);
  if (version === 6 && !inside && COMPATIBLE.check(bare, family)) return false;
  return reach === "any" || inside === (reach === "private");
}

export const REFUSED_CODE = "ADDRESS_REFUSED";

/** What the guard throws inside a connect. Holds nothing but its code. */
export function refused(): Error {
  return Object.assign(new Error("address refused"), { code: REFUSED_CODE });
}

/** True for the host of a URL that is a literal address outside `reach`: such a host is connected to without any lookup. */
export function literalRefused(hostname: string, reach: Reach): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return isIP(bare) !== 0 && !mayReach(bare, reach);
}

/**
 * A `lookup` for `net.connect`: resolves once and hands over exactly the addresses that were judged, so that a name cannot resolve
 * to something else between the check and the connect. One address out of reach refuses the name as a whole.
 */
export function guardedLookup(reach: Reach, resolver: typeof resolve = resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolver(hostname, { ...options, all: true }, (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => {
      if (error !== null) return callback(error, []);
      const first = found[0];
      if (first === undefined || !found.every(({ address }) => mayReach(address, reach)))
        return callback(refused(), []);
      return options.all === true ? callback(null, found) : callback(null, first.address, first.family);
    });
  };
}

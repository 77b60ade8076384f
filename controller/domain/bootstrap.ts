/**
 * Velvet's own logins are not rotated by Velvet: halfway through it would lock itself out of the ledger that says how far it came.
 * Pure. What is compared is what the two addresses say; a second DNS name of the ledger's server is not seen through.
 */
import type { CredentialSpec } from "../../crds/kinds.gen.ts";
import type { AdmissionContext, Candidate, No } from "./candidate.ts";
import { refuse } from "./candidate.ts";

const SCHEME = /^postgres(?:ql)?:$/;
const DEFAULT_PORT = "5432";
const THIS_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|::1|::|::ffff:127(?:\.\d{1,3}){3}|)$/;

/** One name for each way to name this machine: loopback addresses, a socket's folder, nothing at all. */
export function hostName(host: string): string {
  const name = host.replaceAll(/^\[|\]$|\.$/g, "").toLowerCase();
  return THIS_MACHINE.test(name) || name.startsWith("/") ? "localhost" : name;
}

/** A Credential whose roles are logins to the ledger, on the ledger's server. */
export function refuseBootstrap(candidate: Candidate, spec: CredentialSpec, context: AdmissionContext): No | undefined {
  const account = candidate.accounts[spec.issuer.account];
  const server = account && serverOf(account.spec.endpoint);
  if (!account || !server) return undefined;
  const { adapter } = account.spec;
  const targets = context.registry[adapter]?.targets("issuer", spec.issuer[adapter] ?? {}) ?? {};
  const roles = new Set(Object.entries(targets).flatMap(([field, name]) => (ROLE_FIELDS.has(field) ? [name] : [])));
  const own = (context.bootstrap ?? []).find(
    ({ host, port, role }) => host === server.host && port === server.port && roles.has(role),
  );
  if (!own) return undefined;
  return refuse(
    "BootstrapCircularity",
    `${own.role} on ${own.host}:${own.port} is a login of Velvet's own to its ledger, and Velvet would lock itself out halfway. Nothing was done. Name the role of an app; change Velvet's own by hand, in DATABASE_URL, and restart it.`,
  );
}

/** Roles are of the whole server, whichever database is meant. */
const ROLE_FIELDS = new Set(["role", "alternate", "owner"]);

function serverOf(endpoint: string | undefined): { host: string; port: string } | undefined {
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const { protocol, hostname, port, searchParams } = new URL(endpoint);
  if (!SCHEME.test(protocol)) return undefined;
  return {
    host: hostName(searchParams.get("host") ?? hostname.replace(/^%2f/i, "/")),
    port: (searchParams.get("port") ?? port) || DEFAULT_PORT,
  };
}

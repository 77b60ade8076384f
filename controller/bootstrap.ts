import { Client } from "pg";
import { hostName } from "./domain/bootstrap.ts";
import type { BootstrapLogin } from "./domain/candidate.ts";
import { SUPERUSER } from "./ledger/embedded/cluster.ts";
import type { OpenLedger } from "./open.ts";

/** The logins to the ledger, as the driver reads the URLs: what a URL leaves out comes from where the driver takes it. Connects nowhere. */
export function bootstrapLogins({ appUrl, migrationUrl, verifierUrl, embedded }: OpenLedger): BootstrapLogin[] {
  const logins = [appUrl, migrationUrl, verifierUrl].map((url) => {
    const { host, port, user = "" } = new Client({ connectionString: url.reveal() });
    return { host: hostName(host), port: String(port), role: user };
  });
  const own = logins[0];
  return embedded && own ? [...logins, { ...own, role: SUPERUSER }] : logins;
}

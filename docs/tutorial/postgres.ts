/**
 * A PostgreSQL server for the tutorial, on a machine that has none, and the means to ask it something.
 *
 *   node docs/tutorial/postgres.ts serve <folder>   starts one and stays; writes <folder>/at and <folder>/url when it is ready
 *   node docs/tutorial/postgres.ts sql <url>        runs the statements of its input, and prints the rows of the last one
 */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Client } from "pg";
import { startEmbedded } from "../../controller/ledger/embedded/embedded.ts";

async function serve(folder: string): Promise<void> {
  const server = await startEmbedded({ dataDir: folder, durable: true, log: () => undefined });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "at"), `127.0.0.1:${server.port}\n`);
  await writeFile(join(folder, "url.new"), `${server.superuserUrl}\n`, { mode: 0o600 });
  await rename(join(folder, "url.new"), join(folder, "url"));
  const hold = setInterval(() => undefined, 60_000);
  const stop = (): void => {
    clearInterval(hold);
    void server.stop();
  };
  process.once("SIGTERM", stop).once("SIGINT", stop);
}

async function sql(url: string, statements: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    for (const statement of statements.split(/;\s*$/m)) {
      if (statement.trim() === "") continue;
      const { rows } = await client.query<Record<string, unknown>>(statement);
      for (const row of rows) process.stdout.write(`${Object.values(row).map(String).join("  ")}\n`);
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : "failed"}\n`);
    process.exitCode = 1;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const [mode, argument = ""] = process.argv.slice(2);
if (mode === "serve") await serve(argument);
else if (mode === "sql") await sql(argument, await text(process.stdin));
else throw new Error("usage: postgres.ts serve <folder> | sql <url>");

/** moto's server for all tests of a run: started on a free port, with every request authenticated, and ended at the end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import type { TestProject } from "vitest/node";

export interface Moto {
  readonly url: string;
  /** A key that may do everything. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

declare module "vitest" {
  interface ProvidedContext {
    moto: Moto;
  }
}

export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const python = process.env["VELVET_PEERS_PYTHON"];
  if (python === undefined) throw new Error("start these tests with npm run test:peers");
  const port = await freePort();
  const args = ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)];
  const child = spawn(python, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const exited = once(child, "exit");
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill();
    await exited;
  };
  try {
    const url = `http://127.0.0.1:${port}`;
    await healthy(
      `${url}/moto-api/data.json`,
      () => child.exitCode !== null,
      () => said,
    );
    provide("moto", await withAdmin(url));
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function healthy(url: string, isOver: () => boolean, said: () => string): Promise<void> {
  const until = performance.now() + 60_000;
  while (performance.now() < until && !isOver()) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`moto did not start: ${said()}`);
}

/** From then on moto asks everybody for a signature and a policy. */
async function withAdmin(url: string): Promise<Moto> {
  const credentials = { accessKeyId: "first", secretAccessKey: "first" };
  const client = new IAMClient({ region: "us-east-1", endpoint: url, credentials, maxAttempts: 1 });
  await client.send(new CreateUserCommand({ UserName: "velvet" }));
  const { AccessKey: key } = await client.send(new CreateAccessKeyCommand({ UserName: "velvet" }));
  const all = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
  const PolicyDocument = JSON.stringify(all);
  await client.send(new PutUserPolicyCommand({ UserName: "velvet", PolicyName: "all", PolicyDocument }));
  client.destroy();
  await fetch(`${url}/moto-api/reset-auth`, { method: "POST", body: "0" });
  return { url, accessKeyId: key?.AccessKeyId ?? "", secretAccessKey: key?.SecretAccessKey ?? "" };
}

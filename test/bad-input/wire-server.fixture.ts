/** A TCP server that speaks just enough of PostgreSQL's protocol to say which version it is, whatever it is asked. */
import { createServer } from "node:net";

export interface WireServer extends AsyncDisposable {
  readonly port: number;
}

const frame = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number): Buffer =>
  Buffer.from([value >> 24, value >> 16, value >> 8, value].map((b) => b & 0xff));
const text = (value: string): Buffer => Buffer.from(`${value}\0`);

const BOOL = 16;
const INT4 = 23;
const TEXT = 25;

interface Column {
  readonly name: string;
  readonly type: number;
  readonly value: string;
}

function answer(columns: readonly Column[]): Buffer {
  const fields = columns.map(({ name, type }) =>
    Buffer.concat([text(name), int32(0), int16(0), int32(type), int16(-1), int32(-1), int16(0)]),
  );
  const values = columns.map(({ value }) => Buffer.concat([int32(value.length), Buffer.from(value)]));
  return Buffer.concat([
    frame("T", Buffer.concat([int16(columns.length), ...fields])),
    frame("D", Buffer.concat([int16(columns.length), ...values])),
    frame("C", text("SELECT 1")),
    frame("Z", Buffer.from("I")),
  ]);
}

const READY = Buffer.concat([
  frame("R", int32(0)),
  frame("S", Buffer.concat([text("server_version"), text("13.18")])),
  frame("K", Buffer.concat([int32(1), int32(1)])),
  frame("Z", Buffer.from("I")),
]);

/** Answers every simple query with role, `version` (as `server_version_num`) and that it is writable. */
export async function wireServer(version: number): Promise<WireServer> {
  const row = answer([
    { name: "role", type: TEXT, value: "velvet_app" },
    { name: "version", type: INT4, value: String(version) },
    { name: "readonly", type: BOOL, value: "f" },
  ]);
  const server = createServer((socket) => {
    let greeted = false;
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      if (!greeted) {
        greeted = true;
        socket.write(READY);
      } else if (bytes[0] === "Q".charCodeAt(0)) socket.write(row);
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return {
    port,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

import { Client } from "pg";
import { Secret } from "../../adapters/secret.ts";

/** The "orders" database as a team had it before Velvet: one login that owns its tables, with a password that somebody once set. */
export interface OrdersDatabase {
  /** The existing login's URL, as it stands in the app's dotenv file. */
  readonly url: Secret;
  /** What the platform team gives Velvet: its role and that role's password. */
  readonly admin: { readonly user: string; readonly password: Secret };
  /** `postgres://127.0.0.1:<port>/orders`, without any login. */
  readonly endpoint: string;
}

export const ORDERS_ROLE = "orders";
const ADMIN_ROLE = "velvet_admin";
const DATABASE = "orders";

/**
 * Makes the database `orders` on the server of `superuserUrl`. Velvet's role gets what rotating a login takes and nothing more:
 * CREATEROLE, ADMIN OPTION on that login, and the right to end its sessions (a PostgreSQL 16 server asks for all three).
 */
export async function makeOrdersDatabase(
  superuserUrl: string,
  random: (bytes: number) => Buffer,
): Promise<OrdersDatabase> {
  const passwords = { orders: random(24).toString("base64url"), admin: random(24).toString("base64url") };
  await within(superuserUrl, async (client) => {
    const quoted = (text: string): string => client.escapeLiteral(text);
    await client.query(`create role ${ORDERS_ROLE} login password ${quoted(passwords.orders)}`);
    await client.query(`create role ${ADMIN_ROLE} login createrole password ${quoted(passwords.admin)}`);
    await client.query(`grant ${ORDERS_ROLE} to ${ADMIN_ROLE} with admin option`);
    await client.query(`grant pg_signal_backend to ${ADMIN_ROLE}`);
    await client.query(`create database ${DATABASE} owner ${ORDERS_ROLE}`);
    await client.query(`revoke all on database ${DATABASE} from public`);
    await client.query(`grant connect on database ${DATABASE} to ${ADMIN_ROLE}`);
  });
  const at = new URL(superuserUrl);
  const endpoint = `postgres://${at.host}/${DATABASE}`;
  const url = `postgres://${ORDERS_ROLE}:${passwords.orders}@${at.host}/${DATABASE}`;
  await within(url, fillOrders);
  return { url: Secret.from(url), admin: { user: ADMIN_ROLE, password: Secret.from(passwords.admin) }, endpoint };
}

async function fillOrders(client: Client): Promise<void> {
  await client.query(`
    create table orders (
      id bigint generated always as identity primary key,
      item text not null,
      quantity integer not null check (quantity > 0),
      placed_at timestamptz not null default now()
    )`);
  await client.query(`
    insert into orders (item, quantity)
    select (array['pen', 'ink', 'paper', 'blotter'])[1 + n % 4], 1 + n % 7 from generate_series(1, 200) as n`);
}

async function within(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({
    connectionString: url,
    application_name: "velvet quickstart",
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

import {
  custodyAgrees,
  loginOf,
  newLoginWorks,
  nothingLeaked,
  oldLoginIsRefused,
  oldSessionsAreGone,
  type Proof,
  restOfFileIsKept,
} from "./proofs.ts";
import type { World } from "./world.ts";

/** Tries every claim, one after the other, on the world as the rotation left it. */
export async function allProofs({ places, orders, ledger, dotenvBefore }: World): Promise<Proof[]> {
  const current = await loginOf(places.dotenv);
  const passwords = [orders.url.reveal(), current].map((url) => new URL(url).password);
  return [
    await newLoginWorks(places.dotenv, orders.url),
    await oldLoginIsRefused(orders.url),
    await oldSessionsAreGone(ledger.server.superuserUrl, orders.url),
    await custodyAgrees(places.custody, places.dotenv),
    await restOfFileIsKept(places.dotenv, dotenvBefore),
    await nothingLeaked([places.controllerLog, places.appLog], [...passwords, orders.admin.password.reveal()]),
  ];
}

/** Where no direct path exists, a TURN server carries it and the page says so; also where no UDP gets through. */
import { sentByTurn } from "../../harness/relayed";
import { test } from "../../harness/test";

test("without a direct path a TURN server carries a file, and the page says relayed", async ({ people, further, files }) => {
  await sentByTurn({ people, further, files }, "any");
});

test("so does one that is reached by TCP alone", async ({ people, further, files }) => {
  await sentByTurn({ people, further, files }, "tcp");
});

/** Somebody put the server behind nginx: under a path it works; where the proxy breaks it, page and log say what it is. */
import { linkOf, meet, openPage, save, share, told } from "../../harness/acts";
import { expect, hashOf, nameOf, test } from "../../harness/test";

/** What browsers say of a socket that does not open, of answers that are no success, and of a request that a new page ends. */
const REFUSED = /WebSocket|can’t establish a connection|status of (403|426|502)|ERR_ABORTED/;
const UPGRADE = "proxy_http_version 1.1;\nproxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;";
/** Browsers differ in which requests name a page's origin, and how. */
const KINDS = ["chromium", "firefox"] as const;

const pass = (port: number, ...lines: string[]) => `location / {\nproxy_pass http://127.0.0.1:${port};\n${lines.join("\n")}\n}`;

for (const [what, lines] of [
  ["Host without its port", ["proxy_set_header Host $host;", UPGRADE]],
  ["nothing but proxy_pass", []],
] as const) {
  test(`a proxy that passes on ${what}: the page says that its address is refused, and the log which`, async ({ people, further }) => {
    const server = await further.server();
    const nginx = await further.nginx(pass(server.port, ...lines));
    for (const kind of KINDS) {
      const person = await people.arrive(kind);
      person.problems.allow(REFUSED);
      await openPage(person, nginx.url);
      await told(person.page, "The meeting server is there, but it refuses this address, so nobody can meet here.");
    }
    const said = server.log.filter((line) => line.includes("a page was refused"));
    expect(said.length, "once, however often it is tried").toBe(1);
    expect(said[0]).toContain(`origin="${new URL(nginx.url).origin}"`);
    expect(said[0]).toContain(what === "Host without its port" ? 'host="127.0.0.1"' : `host="127.0.0.1:${server.port}"`);
  });
}

test("a proxy that passes on no upgrade: the page says that something lets no WebSocket through", async ({ people, further }) => {
  const server = await further.server();
  const nginx = await further.nginx(pass(server.port, "proxy_set_header Host $http_host;"));
  for (const kind of KINDS) {
    const person = await people.arrive(kind);
    person.problems.allow(REFUSED);
    await openPage(person, nginx.url);
    await told(person.page, "The meeting server is there, but something before it lets no WebSocket through");
  }
});

test("a server that stops behind its proxy is not said to be there", async ({ people, further }) => {
  const server = await further.server();
  const nginx = await further.nginx(pass(server.port, "proxy_set_header Host $http_host;", UPGRADE));
  const person = await people.arrive("chromium");
  person.problems.allow(REFUSED);
  await openPage(person, nginx.url);
  await server.stop();
  await told(person.page, "The meeting server can’t be reached. Check your internet connection");
});

test("under a path people meet, share and pass on links as ever", async ({ people, further, files }) => {
  const server = await further.server();
  const location = `location /share/ {\nproxy_pass http://127.0.0.1:${server.port}/;\nproxy_set_header Host $http_host;\n${UPGRADE}\n}`;
  const nginx = await further.nginx(location);
  const host = await people.host();
  const guest = await people.guest();
  const shared = await files.file("under a path.bin", 400_000);
  // Without its last slash, as people type it: nginx sends them on.
  await openPage(host, `${nginx.url}share?utm_source=mail`);
  await share(host, shared);
  const link = await linkOf(host);
  expect(link.startsWith(`${nginx.url}share/#`), link).toBe(true);
  await meet(host, guest, "Gustav");
  expect(await hashOf((await save(guest, nameOf(shared), 400_000)).path)).toBe(await hashOf(shared));

  const escaped = await people.guest();
  await escaped.page.goto(link.replace("#", "%23"));
  await told(escaped.page, "This link was changed on its way");
});

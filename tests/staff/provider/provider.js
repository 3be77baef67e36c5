// A certified OpenID Connect provider with its own login and consent pages; people and the client come as JSON in argv.
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const { people, client } = JSON.parse(process.argv[2])
let handle = (_, response) => response.writeHead(503).end()
const server = createServer((request, response) => handle(request, response))
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: [client],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    cookies: { keys: ['a key of the tests'] },
    findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  })
  handle = provider.callback()
  console.log(issuer)
})

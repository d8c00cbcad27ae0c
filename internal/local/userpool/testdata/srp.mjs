// Signs a person in by SRP with Amazon's own browser client, with the first of
// the given codes that is right if one is asked for, refreshes the tokens and
// asks who they are. Input and output are one JSON object each; a
// failure is {"error": {...}} with exit status 1.
import { createRequire } from 'node:module';
import process from 'node:process';

const require = createRequire(import.meta.url);
const { AuthenticationDetails, CognitoUser, CognitoUserPool } = require('amazon-cognito-identity-js');

const input = JSON.parse(process.argv[2]);

const memory = new Map();
const storage = {
  setItem: (key, value) => memory.set(key, value),
  getItem: (key) => memory.get(key) ?? null,
  removeItem: (key) => memory.delete(key),
  clear: () => memory.clear(),
};

const pool = new CognitoUserPool({
  UserPoolId: input.userPoolId, ClientId: input.clientId, endpoint: input.endpoint, Storage: storage,
});
const user = new CognitoUser({ Username: input.username, Pool: pool, Storage: storage });

const signIn = () => new Promise((onSuccess, onFailure) => {
  const details = new AuthenticationDetails({ Username: input.username, Password: input.password });
  const codes = [...(input.codes ?? [])];
  const sendCode = () => user.sendMFACode(codes.shift(), {
    onSuccess,
    onFailure: (error) => (error.code === 'CodeMismatchException' && codes.length > 0 ? sendCode() : onFailure(error)),
  }, 'SOFTWARE_TOKEN_MFA');
  user.authenticateUser(details, {
    onSuccess,
    onFailure,
    totpRequired: sendCode,
    newPasswordRequired: () => user.completeNewPasswordChallenge(input.newPassword, {}, { onSuccess, onFailure }),
  });
});

const promised = (method, ...args) => new Promise((resolve, reject) => {
  user[method](...args, (error, result) => (error ? reject(error) : resolve(result)));
});

try {
  const session = await signIn();
  const refreshed = await promised('refreshSession', session.getRefreshToken());
  const attributes = await promised('getUserAttributes');
  console.log(JSON.stringify({
    accessToken: session.getAccessToken().getJwtToken(),
    refreshedAccessToken: refreshed.getAccessToken().getJwtToken(),
    attributes: Object.fromEntries(attributes.map((a) => [a.getName(), a.getValue()])),
  }));
} catch (error) {
  console.log(JSON.stringify({ error: { code: error.code, message: error.message } }));
  process.exitCode = 1;
}

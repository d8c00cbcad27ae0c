package userpool

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"math/big"
)

// srpInfo is the HKDF info of Cognito's SRP.
const srpInfo = "Caldera Derived Key"

// srpPrime is the 3072-bit group of RFC 5054 (appendix A) and RFC 3526; its
// generator is 2.
const srpPrime = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD1" +
	"29024E088A67CC74020BBEA63B139B22514A08798E3404DD" +
	"EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245" +
	"E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3D" +
	"C2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F" +
	"83655D23DCA3AD961C62F356208552BB9ED529077096966D" +
	"670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9" +
	"DE2BCBF6955817183995497CEA956AE515D2261898FA0510" +
	"15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64" +
	"ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6B" +
	"F12FFA06D98A0864D87602733EC86A64521F2B18177B200C" +
	"BBE117577A615D6C770988C0BAD946E208E24FA074E5AB31" +
	"43DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"

var (
	srpN, _ = new(big.Int).SetString(srpPrime, 16)
	srpG    = big.NewInt(2)
	// srpK is SRP-6a's multiplier, H(N | g).
	srpK = hashNumbers(srpN, srpG)
)

// verifier is what SRP needs of a password: v = g^x with x made of salt, user
// and password. Nobody can sign in with it alone.
type verifier struct {
	Salt  []byte `json:"salt"`
	Value []byte `json:"value"`
}

// newVerifier returns the verifier of a password with a new salt. userID is
// the user's sub, which clients get as USER_ID_FOR_SRP.
func newVerifier(poolName, userID, password string) *verifier {
	salt := randomBytes(16)
	return &verifier{Salt: salt, Value: verifierValue(poolName, userID, password, salt).Bytes()}
}

func verifierValue(poolName, userID, password string, salt []byte) *big.Int {
	identity := sha256.Sum256([]byte(poolName + userID + ":" + password))
	h := sha256.New()
	h.Write(signedBytes(new(big.Int).SetBytes(salt)))
	h.Write(identity[:])
	x := new(big.Int).SetBytes(h.Sum(nil))
	return new(big.Int).Exp(srpG, x, srpN)
}

// matches reports whether a password is the verifier's, in constant time.
func (v *verifier) matches(poolName, userID, password string) bool {
	value := verifierValue(poolName, userID, password, v.Salt)
	size := len(srpPrime) / 2
	return hmac.Equal(value.FillBytes(make([]byte, size)),
		new(big.Int).SetBytes(v.Value).FillBytes(make([]byte, size)))
}

// saltHex is the salt as clients get it.
func (v *verifier) saltHex() string { return new(big.Int).SetBytes(v.Salt).Text(16) }

// simulatedVerifier is the verifier of a user who does not exist: its salt is
// the same each time and its value a number of which nobody knows the password.
// https://datatracker.ietf.org/doc/html/rfc5054#section-2.5.1.3
func simulatedVerifier(key []byte, name string) *verifier {
	return &verifier{Salt: derive(key, "salt", name)[:16], Value: derive(key, "verifier", name)}
}

// simulatedSub is the id of a user who does not exist, the same each time.
func simulatedSub(key []byte, name string) string {
	return formatID(derive(key, "sub", name)[:16])
}

func derive(key []byte, use, name string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(h, "%s\x00%s", use, name)
	return h.Sum(nil)
}

// exchange is the server's side of one SRP sign-in.
type exchange struct {
	verifier *verifier
	a        *big.Int
	secret   *big.Int
	public   *big.Int
}

// newExchange begins a sign-in with the client's public value, in hexadecimal.
func newExchange(v *verifier, clientPublic string) (*exchange, error) {
	a, ok := new(big.Int).SetString(clientPublic, 16)
	// A value that N divides would make the key known without the password
	// (RFC 5054, section 2.5.4).
	if !ok || a.Sign() <= 0 || len(clientPublic) > len(srpPrime)+2 || new(big.Int).Mod(a, srpN).Sign() == 0 {
		return nil, invalidParameter("SRP_A is not a valid public value.")
	}
	secret := new(big.Int).SetBytes(randomBytes(64))
	public := new(big.Int).Mul(srpK, new(big.Int).SetBytes(v.Value))
	public.Add(public, new(big.Int).Exp(srpG, secret, srpN)).Mod(public, srpN)
	return &exchange{verifier: v, a: a, secret: secret, public: public}, nil
}

// signature is the proof that a client must give for this exchange.
func (e *exchange) signature(poolName, userID string, secretBlock []byte, timestamp string) ([]byte, error) {
	u := hashNumbers(e.a, e.public)
	if u.Sign() == 0 {
		return nil, errCredentials
	}
	shared := new(big.Int).Exp(new(big.Int).SetBytes(e.verifier.Value), u, srpN)
	shared.Mul(shared, e.a).Exp(shared, e.secret, srpN)
	key, err := hkdf.Key(sha256.New, signedBytes(shared), signedBytes(u), srpInfo, 16)
	if err != nil {
		return nil, fmt.Errorf("user pool: SRP key: %w", err)
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(poolName))
	h.Write([]byte(userID))
	h.Write(secretBlock)
	h.Write([]byte(timestamp))
	return h.Sum(nil), nil
}

// hashNumbers is SHA-256 over the numbers' bytes, as a number.
func hashNumbers(numbers ...*big.Int) *big.Int {
	h := sha256.New()
	for _, n := range numbers {
		h.Write(signedBytes(n))
	}
	return new(big.Int).SetBytes(h.Sum(nil))
}

// signedBytes writes a positive number with room for a sign bit, as Java's
// BigInteger does, on which Cognito and all its clients agree.
func signedBytes(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		return append([]byte{0}, b...)
	}
	return b
}

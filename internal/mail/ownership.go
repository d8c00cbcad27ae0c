package mail

// OwnershipReceived tells someone that they own an organization now. It is
// written in their own language.
type OwnershipReceived struct {
	// OrganizationName is the name of the organization at the time of sending.
	OrganizationName string
	// GiverName is the name of whoever made them an owner; empty where that is
	// not known any more.
	GiverName string
	// Link leads to the organization in the product.
	Link string
}

func (OwnershipReceived) kind() Kind { return KindOwnershipReceived }

func (o OwnershipReceived) link() string { return o.Link }

func (o OwnershipReceived) actor() string { return printable(o.GiverName) }

func (o OwnershipReceived) values(dictionary) map[string]string {
	return withName("GiverName", o.actor(), map[string]string{"OrganizationName": printable(o.OrganizationName)})
}

package httpapi

// The routes of the deletion function.
var (
	getDeletion = Route{
		Name: "get-deletion", Method: "GET", Path: "/me/deletion", Function: Deletion,
		Summary: "What deleting the user's account would do, and what stands against it",
	}
	postDeletion = Route{
		Name: "post-deletion", Method: "POST", Path: "/me/deletion", Function: Deletion, Background: true, Sensitive: true,
		Summary: "Delete the user's account as the preview said: access ends at once, the rest goes on in the background",
	}
	getExport = Route{
		Name: "get-export", Method: "GET", Path: "/me/export", Function: Deletion,
		Summary: "The copy of everything held on the user: how far it is, and a link once it is there",
	}
	postExport = Route{
		Name: "post-export", Method: "POST", Path: "/me/export", Function: Deletion, Background: true,
		Summary: "Ask for a copy of everything held on the user; one that is being made, or can still be fetched, is kept",
	}
)

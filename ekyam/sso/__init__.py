"""Single sign-on: a company's own identity provider says who somebody is, and Ekyam checks it."""

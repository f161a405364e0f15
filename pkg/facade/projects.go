package facade

func createProject(c *call) (reply, error) {
	var body project
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	wanted, err := toProject(body)
	if err != nil {
		return reply{}, err
	}
	namespace, err := c.tenantNamespace()
	if err != nil {
		return reply{}, err
	}
	created, err := c.api.Projects(namespace).Create(c.ctx(), wanted, c.createOptions())
	if err != nil {
		return reply{}, err
	}
	return withObject(created, fromProject(created)), nil
}

func listProjects(c *call) (reply, error) {
	query, err := parseListQuery(c.query)
	if err != nil {
		return reply{}, err
	}
	namespace, err := c.tenantNamespace()
	if err != nil {
		return reply{}, err
	}
	projects, cursor, err := c.projects(namespace).page(c.ctx(), query.options())
	if err != nil {
		return reply{}, err
	}
	return listReply(projects, cursor, fromProject), nil
}

func getProject(c *call) (reply, error) {
	found, err := c.project()
	if err != nil {
		return reply{}, err
	}
	return withObject(found, fromProject(found)), nil
}

func putProject(c *call) (reply, error) {
	var body project
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	namespace, err := c.tenantNamespace()
	if err != nil {
		return reply{}, err
	}
	updated, err := c.projects(namespace).change(c, c.project, body.apply)
	if err != nil {
		return reply{}, err
	}
	return withObject(updated, fromProject(updated)), nil
}

func deleteProject(c *call) (reply, error) {
	found, err := c.project()
	if err != nil {
		return reply{}, err
	}
	return removePreviewed(c, c.projects(found.Namespace), found, c.api.Projects(found.Namespace).GetDeletion)
}

param namespace string = 'jobs'

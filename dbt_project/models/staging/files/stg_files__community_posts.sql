{{ staged_rows('files', 'community_posts') }}

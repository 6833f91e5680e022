{{ staged_rows('slack', 'community_posts') }}

{{ input_rows('community_posts') }}

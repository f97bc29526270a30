namespace TransformerXL.Labels;

/// <summary>The spans of a sequence of tags by the rules of seqeval (its strict mode, and its default, which follows conlleval).</summary>
internal static class SpanReader
{
    /// <summary>Strict: a span that breaks the rules of the scheme is none.</summary>
    public static List<TagSpan> Strict(IReadOnlyList<string> texts, TagScheme scheme)
    {
        Tag[] tags = [.. texts.Select(text => Tag.TryParse(text) ?? Tag.Outside), Tag.Outside];
        List<TagSpan> spans = [];
        Tag previous = Tag.Outside;
        for (int i = 0; i < tags.Length;)
        {
            int start = i++;
            if (Starts(previous, tags[start], scheme))
            {
                while (Continues(tags[i - 1], tags[i], scheme))
                {
                    i++;
                }

                if (Ends(tags[i - 1], tags[i], scheme))
                {
                    spans.Add(new TagSpan(tags[start].Type, start, i));
                }
            }

            previous = tags[i - 1];
        }

        return spans;
    }

    /// <summary>Lenient: a change of type, or a prefix that cannot continue, begins a span.</summary>
    public static List<TagSpan> Lenient(IReadOnlyList<string> texts)
    {
        List<TagSpan> spans = [];
        Tag previous = Tag.Outside;
        int start = 0;
        for (int i = 0; i <= texts.Count; i++)
        {
            Tag tag = i == texts.Count ? Tag.Outside : Tag.TryParse(texts[i]) ?? Tag.Outside;
            bool differs = !tag.HasTypeOf(previous);
            if (!previous.IsOutside && (previous.Prefix is 'E' or 'S' || tag.Prefix is 'B' or 'S' or 'O' || differs))
            {
                spans.Add(new TagSpan(previous.Type, start, i));
            }

            if (!tag.IsOutside && (tag.Prefix is 'B' or 'S' || previous.Prefix is 'E' or 'S' or 'O' || differs))
            {
                start = i;
            }

            previous = tag;
        }

        return spans;
    }

    private static bool Starts(Tag previous, Tag tag, TagScheme scheme) => scheme switch
    {
        TagScheme.Iob1 => (previous.Prefix, tag.Prefix) switch
        {
            ('O', 'I') or ('B', 'I') => true,
            ('I', 'I') => !tag.HasTypeOf(previous),
            ('I' or 'B', 'B') => tag.HasTypeOf(previous),
            _ => false,
        },
        TagScheme.Iob2 => tag.Prefix == 'B',
        TagScheme.Bioes => tag.Prefix is 'B' or 'S',
        _ => false,
    };

    private static bool Continues(Tag previous, Tag tag, TagScheme scheme) =>
        previous.Prefix is 'B' or 'I' && tag.HasTypeOf(previous) && (tag.Prefix == 'I' || (tag.Prefix == 'E' && scheme == TagScheme.Bioes));

    private static bool Ends(Tag previous, Tag tag, TagScheme scheme) => scheme switch
    {
        TagScheme.Bioes => previous.Prefix is 'S' or 'E',
        TagScheme.Iob1 => (previous.Prefix, tag.Prefix) is not ('B', 'B') || tag.HasTypeOf(previous),
        _ => true,
    };
}

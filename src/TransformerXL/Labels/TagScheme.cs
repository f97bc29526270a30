namespace TransformerXL.Labels;

/// <summary>How the tags of words mark spans of several words.</summary>
public enum TagScheme
{
    /// <summary>Each tag is about its word alone, as a part of speech. There are no spans.</summary>
    Plain,

    /// <summary><c>I-X</c> is a word of a span of type X; <c>B-X</c> begins a span that directly follows another of the same type (Ramshaw and Marcus 1995).</summary>
    Iob1,

    /// <summary><c>B-X</c> begins every span, <c>I-X</c> continues it. Also called BIO.</summary>
    Iob2,

    /// <summary><c>B-X</c> begins, <c>I-X</c> continues and <c>E-X</c> ends a span of several words; <c>S-X</c> is a span of one word.</summary>
    Bioes,
}

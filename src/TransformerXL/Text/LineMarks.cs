namespace TransformerXL.Text;

/// <summary>The symbols that a line gets in addition to its words.</summary>
public enum LineMarks
{
    /// <summary>None: the text is one stream of words.</summary>
    None,

    /// <summary><c>&lt;eos&gt;</c> after the last word.</summary>
    End,

    /// <summary><c>&lt;S&gt;</c> before the first and after the last word: the line is a sentence of its own.</summary>
    BothEnds,
}

namespace TransformerXL.Training.Examples;

/// <summary>A format of files with examples.</summary>
public enum ExampleFormat
{
    /// <summary>Values separated by commas or semicolons, with names in the first line (RFC 4180).</summary>
    Csv,

    /// <summary>Values separated by tabs, with names in the first line.</summary>
    Tsv,

    /// <summary>A JSON object in each line.</summary>
    JsonLines,

    /// <summary>A folder for each class, with a file for each document.</summary>
    Folders,

    /// <summary>A word and its tags in each line, an empty line between sentences (CoNLL).</summary>
    Conll,

    /// <summary>Questions in the JSON of SQuAD 1.1 or 2.0.</summary>
    Squad,

    /// <summary>A file of the GLUE benchmark as it is distributed.</summary>
    Glue,
}

namespace TransformerXL.Training.Examples.Reading;

/// <summary>An answer as a file gives it; the start counts code points.</summary>
internal readonly record struct RawAnswer(ExamplePlace Place, string Text, long Start);

using TransformerXL.Inference;

namespace TransformerXL.Analysis.Explanations;

/// <summary>A text on an <see cref="ExplanationPage"/>.</summary>
/// <param name="Title">Which text, such as its line in a file.</param>
/// <param name="Explanations">What was predicted of it and why: one for a text or a question, one for each word where words are labelled.</param>
/// <param name="Words">The words, where words are labelled; otherwise empty.</param>
public sealed record ExplainedText(string Title, IReadOnlyList<Explanation> Explanations, IReadOnlyList<string> Words);

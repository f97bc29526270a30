using TransformerXL.Text;

namespace TransformerXL.Interchange;

/// <summary>A model that was imported.</summary>
/// <param name="Path">The model folder that now holds it.</param>
/// <param name="Configuration">Its architecture and lengths.</param>
/// <param name="Vocabulary">What its tokens stand for.</param>
/// <param name="VocabularyFile">Where that came from.</param>
/// <param name="WeightFiles">Where the weights came from.</param>
/// <param name="Parameters">Trained values.</param>
public sealed record ImportedModel(
    string Path, ModelFolderConfiguration Configuration, Vocabulary Vocabulary, string VocabularyFile, IReadOnlyList<string> WeightFiles, long Parameters)
{
    /// <summary>Rows that the embedding had beyond the vocabulary, to fill it up to a multiple; the model folder has none of them.</summary>
    public int PaddingRows { get; init; }
}

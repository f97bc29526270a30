using TransformerXL.Text;

namespace TransformerXL.Interchange;

/// <summary>A model that was imported.</summary>
/// <param name="Path">The model folder that now holds it.</param>
/// <param name="Configuration">Its architecture and lengths.</param>
/// <param name="Vocabulary">Its vocabulary.</param>
/// <param name="VocabularyFile">The file that the vocabulary was read from.</param>
/// <param name="WeightFiles">The files that the weights were read from.</param>
/// <param name="Parameters">Trained values.</param>
public sealed record ImportedModel(
    string Path, ModelFolderConfiguration Configuration, Vocabulary Vocabulary, string VocabularyFile, IReadOnlyList<string> WeightFiles, long Parameters)
{
    /// <summary>Padding rows that the embedding had after the vocabulary, up to a multiple; the model folder does not contain them.</summary>
    public int PaddingRows { get; init; }

    /// <summary>Names of stored tensors that the model folder does not contain, because models of this program have no such part.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}

using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;

namespace TransformerXL.Compression.Networks;

/// <summary>A trained model that the network of a predictor begins with.</summary>
internal static class TrainedModel
{
    /// <summary>SHA-256 of the weights, in hexadecimal digits.</summary>
    public static string Fingerprint(ModelFolder trained) => ModelWeights.Fingerprint(trained.Model);

    /// <summary>Refuses models whose tokens are no bytes.</summary>
    /// <exception cref="InputException">The vocabulary is another one.</exception>
    public static void RequireBytes(ModelFolder trained) => Require.That(
        trained.Vocabulary is ByteVocabulary && trained.Vocabulary.Count == 256,
        $"{trained.Path} predicts {trained.Vocabulary.Unit}s of a vocabulary of {trained.Vocabulary.Count}; a compressor needs a model of bytes, trained with the vocabulary 'bytes'");

    /// <summary>A copy that may learn, without dropout.</summary>
    public static LanguageModel Copy(ModelFolder trained)
    {
        LanguageModel copy = LanguageModel.Create(trained.Model.Configuration with { Dropout = 0 });
        foreach ((Parameter from, Parameter to) in trained.Model.Parameters.Zip(copy.Parameters))
        {
            from.Value.Span.CopyTo(to.Value.Span);
        }

        GC.KeepAlive(trained);
        return copy;
    }
}

using TransformerXL.Models;

namespace TransformerXL.Interchange.HuggingFace.Encoders;

/// <summary>How Hugging Face's library names the parameters of a kind of encoder.</summary>
/// <param name="Types">Values of <c>model_type</c>, the first of which is written.</param>
/// <param name="Class">The beginning of the names of its classes, such as <c>Bert</c>.</param>
/// <param name="Prefix">What names of the encoder's own parameters begin with; a model without a head may have been saved without it.</param>
/// <param name="Modules">Modules by the names of this library, in which <c>{0}</c> is the number of a layer. Several are stacked.</param>
/// <param name="Bias">The bias of the prediction of masked tokens.</param>
/// <param name="Pooler">W and b of the pooler of a classifier, whose name here is <c>pooler.dense</c>.</param>
/// <param name="Classifier">The linear map of a classifier of texts.</param>
internal sealed record EncoderLayout(
    string[] Types, string Class, string Prefix, IReadOnlyDictionary<string, string[]> Modules, string Bias, string Pooler, string Classifier)
{
    /// <summary>BERT (Devlin et al. 2019).</summary>
    public static readonly EncoderLayout Bert = new(["bert"], "Bert", "bert.", OfBert("bert.", "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.decoder"), "cls.predictions.bias", "bert.pooler.dense", "classifier");

    /// <summary>RoBERTa (Liu et al. 2019), whose positions are counted from the id of the padding on.</summary>
    public static readonly EncoderLayout Roberta = new(["roberta"], "Roberta", "roberta.", OfBert("roberta.", "lm_head.dense", "lm_head.layer_norm", "lm_head.decoder"), "lm_head.bias", "classifier.dense", "classifier.out_proj");

    /// <summary>XLM-RoBERTa (Conneau et al. 2020): RoBERTa's parameters with a unigram vocabulary.</summary>
    public static readonly EncoderLayout XlmRoberta = Roberta with { Types = ["xlm-roberta"], Class = "XLMRoberta" };

    /// <summary>DistilBERT (Sanh et al. 2019), which has no token types and no pooler.</summary>
    public static readonly EncoderLayout DistilBert = new(["distilbert"], "DistilBert", "distilbert.", OfDistilBert(), "vocab_projector.bias", "pre_classifier", "classifier");

    /// <summary>All of them.</summary>
    public static readonly EncoderLayout[] All = [Bert, Roberta, XlmRoberta, DistilBert];

    /// <summary>The name of the module that predicts masked tokens from transformed states.</summary>
    public string Decoder => Modules[OwnDecoder][0];

    /// <summary>Whether rows of the table of positions come before that of the first token.</summary>
    public bool HasOffset => Prefix == Roberta.Prefix;

    private const string OwnDecoder = "crit.out_layers.0";

    /// <summary>The layout of a <c>model_type</c>; null if it is none of an encoder.</summary>
    public static EncoderLayout? Find(string? type) => All.FirstOrDefault(layout => layout.Types.Contains(type, StringComparer.Ordinal));

    /// <summary>The names of a parameter of the encoder; several are stacked in this order.</summary>
    public string[] NamesOf(string own)
    {
        if (own == OwnDecoder + ".bias")
        {
            return [Bias];
        }

        int dot = own.LastIndexOf('.');
        (string module, string end) = (own[..dot], own[dot..]);
        string[] parts = module.Split('.');
        bool isOfLayer = parts[0] == "layers";
        string[] names = Modules[isOfLayer ? $"layers.{{0}}.{string.Join('.', parts[2..])}" : module];
        return Array.ConvertAll(names, name => (isOfLayer ? name.Replace("{0}", parts[1], StringComparison.Ordinal) : name) + end);
    }

    /// <summary>The name of a parameter of a head.</summary>
    /// <param name="own">Its name here.</param>
    /// <param name="isOfText">Whether the head predicts something about a whole text.</param>
    public string NameOfHead(string own, bool isOfText) => own switch
    {
        _ when own.StartsWith("pooler.dense", StringComparison.Ordinal) => Pooler + own["pooler.dense".Length..],
        _ when isOfText && own.StartsWith("classifier", StringComparison.Ordinal) => Classifier + own["classifier".Length..],
        _ => own,
    };

    /// <summary>The name of a stored tensor with the prefix, and with weight and bias where converters of old files wrote gamma and beta.</summary>
    public string Canonical(string stored)
    {
        string name = stored.EndsWith(".gamma", StringComparison.Ordinal) ? stored[..^5] + "weight" : stored.EndsWith(".beta", StringComparison.Ordinal) ? stored[..^4] + "bias" : stored;
        bool isBare = ((string[])["embeddings.", "encoder.", "pooler.", "transformer."]).Any(start => name.StartsWith(start, StringComparison.Ordinal));
        return isBare ? Prefix + name : name;
    }

    private static Dictionary<string, string[]> OfBert(string prefix, string transform, string norm, string decoder)
    {
        string layer = prefix + "encoder.layer.{0}.";
        return new()
        {
            ["word_emb.emb_layers.0"] = [prefix + "embeddings.word_embeddings"],
            ["position_emb"] = [prefix + "embeddings.position_embeddings"],
            ["type_emb"] = [prefix + "embeddings.token_type_embeddings"],
            ["emb_norm"] = [prefix + "embeddings.LayerNorm"],
            ["layers.{0}.attention.query"] = [layer + "attention.self.query"],
            ["layers.{0}.attention.key_value"] = [layer + "attention.self.key", layer + "attention.self.value"],
            ["layers.{0}.attention.output"] = [layer + "attention.output.dense"],
            ["layers.{0}.attention.layer_norm"] = [layer + "attention.output.LayerNorm"],
            ["layers.{0}.pos_ff.CoreNet.0"] = [layer + "intermediate.dense"],
            ["layers.{0}.pos_ff.CoreNet.3"] = [layer + "output.dense"],
            ["layers.{0}.pos_ff.layer_norm"] = [layer + "output.LayerNorm"],
            [EncoderModel.PoolerName] = [prefix + "pooler.dense"],
            ["masked.transform"] = [transform],
            ["masked.layer_norm"] = [norm],
            [OwnDecoder] = [decoder],
        };
    }

    private static Dictionary<string, string[]> OfDistilBert()
    {
        const string Layer = "distilbert.transformer.layer.{0}.", Embeddings = "distilbert.embeddings.";
        return new()
        {
            ["word_emb.emb_layers.0"] = [Embeddings + "word_embeddings"],
            ["position_emb"] = [Embeddings + "position_embeddings"],
            ["emb_norm"] = [Embeddings + "LayerNorm"],
            ["layers.{0}.attention.query"] = [Layer + "attention.q_lin"],
            ["layers.{0}.attention.key_value"] = [Layer + "attention.k_lin", Layer + "attention.v_lin"],
            ["layers.{0}.attention.output"] = [Layer + "attention.out_lin"],
            ["layers.{0}.attention.layer_norm"] = [Layer + "sa_layer_norm"],
            ["layers.{0}.pos_ff.CoreNet.0"] = [Layer + "ffn.lin1"],
            ["layers.{0}.pos_ff.CoreNet.3"] = [Layer + "ffn.lin2"],
            ["layers.{0}.pos_ff.layer_norm"] = [Layer + "output_layer_norm"],
            ["masked.transform"] = ["vocab_transform"],
            ["masked.layer_norm"] = ["vocab_layer_norm"],
            [OwnDecoder] = ["vocab_projector"],
        };
    }
}

namespace TransformerXL.Text;

/// <summary>The names of the special tokens of an encoder.</summary>
/// <param name="Padding">Fills up a text.</param>
/// <param name="Class">Stands before a text, for its label.</param>
/// <param name="Separator">Stands behind a text.</param>
/// <param name="Mask">Stands for a token that is to be predicted.</param>
/// <param name="Processor">The type in <c>tokenizer.json</c> of what puts them around a text and between two.</param>
internal sealed record EncoderTokens(string Padding, string Class, string Separator, string Mask, string Processor)
{
    /// <summary>Those of BERT (Devlin et al. 2019): <c>[CLS] first [SEP] second [SEP]</c>.</summary>
    public static EncoderTokens Bert { get; } = new("[PAD]", "[CLS]", "[SEP]", "[MASK]", "BertProcessing");

    /// <summary>Those of RoBERTa (Liu et al. 2019): <c>&lt;s&gt; first &lt;/s&gt;&lt;/s&gt; second &lt;/s&gt;</c>.</summary>
    public static EncoderTokens Roberta { get; } = new("<pad>", "<s>", "</s>", "<mask>", "RobertaProcessing");
}

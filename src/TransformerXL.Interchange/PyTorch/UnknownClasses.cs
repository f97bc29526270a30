namespace TransformerXL.Interchange.PyTorch;

/// <summary>What to do with objects in a pickle that are neither plain containers nor tensors.</summary>
public enum UnknownClasses
{
    /// <summary>The file is rejected, and the error names the class. Sufficient for state dictionaries.</summary>
    Refused,

    /// <summary>
    /// They are read as data: the name of the class and the attributes, as <c>torch.save(model)</c> needs it. No
    /// class is looked up and nothing is called; a file that calls a function is still rejected.
    /// </summary>
    Inert,
}

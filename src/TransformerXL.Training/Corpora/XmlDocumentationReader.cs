using System.Text;
using System.Xml;
using TransformerXL.Files;

namespace TransformerXL.Training.Corpora;

/// <summary>Streams the members of an XML documentation file with their tags converted to plain text. The size of the file is limited, and it must not declare a DTD.</summary>
internal static class XmlDocumentationReader
{
    public const long MaxFileBytes = 64 << 20;
    private const int MaxNesting = 32;

    /// <param name="path">The file.</param>
    /// <param name="marksReferences">Whether names that come from a <c>cref</c> are enclosed in the marks of <see cref="ReferenceMarks"/>.</param>
    /// <exception cref="InputException">The file is too large, cannot be read, or is not well-formed.</exception>
    public static List<DocumentedMember> Read(string path, bool marksReferences = false)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            if (stream.Length > MaxFileBytes)
            {
                throw new InputException($"the documentation file '{path}' has {stream.Length} bytes; at most {MaxFileBytes} are read");
            }
            return Read(stream, marksReferences);
        }
        catch (Exception exception) when (exception is XmlException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"the documentation file '{path}' cannot be read: {FileFault.Reason(exception, path)}", exception);
        }
    }

    /// <exception cref="XmlException">The XML is not well-formed, nested too deeply, or declares a DTD.</exception>
    public static List<DocumentedMember> Read(Stream stream, bool marksReferences = false)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = MaxFileBytes,
            IgnoreComments = true,
            IgnoreProcessingInstructions = true,
        };
        var members = new List<DocumentedMember>();
        using var reader = XmlReader.Create(stream, settings);
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.Element && reader.Name == "member" && reader.GetAttribute("name") is { } id && MemberName.IsId(id))
            {
                members.Add(ReadMember(reader, id, marksReferences));
            }
        }
        return members;
    }

    private static DocumentedMember ReadMember(XmlReader reader, string id, bool marksReferences)
    {
        var member = new DocumentedMember(id);
        if (reader.IsEmptyElement)
        {
            return member;
        }
        int depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType == XmlNodeType.Element)
            {
                ReadSection(reader, member, marksReferences);
            }
        }
        return member;
    }

    private static void ReadSection(XmlReader reader, DocumentedMember member, bool marksReferences)
    {
        string section = reader.Name;
        string name = reader.GetAttribute("name") ?? "";
        string text = PlainText(reader, marksReferences);
        switch (section)
        {
            case "summary":
                member.Summary = text;
                break;
            case "remarks":
                member.Remarks = text;
                break;
            case "returns" or "value":
                member.Returns = text;
                break;
            case "param":
                member.Parameters.Add((name, text));
                break;
            case "typeparam":
                member.TypeParameters.Add(name);
                break;
            default:
                // The elements for exceptions and references are not prose.
                break;
        }
    }

    // Leaves the reader at the end of the current element.
    private static string PlainText(XmlReader reader, bool marksReferences)
    {
        if (reader.IsEmptyElement)
        {
            return "";
        }
        var text = new StringBuilder();
        int depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Depth - depth > MaxNesting)
            {
                throw new XmlException($"elements are nested more than {MaxNesting} deep");
            }
            switch (reader.NodeType)
            {
                case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace:
                    text.Append(reader.Value);
                    break;
                case XmlNodeType.Element when reader.Name == "code":
                    // Code is not prose; Skip would move past the next node.
                    PlainText(reader, marksReferences);
                    break;
                case XmlNodeType.Element:
                    AppendElement(reader, text, marksReferences);
                    break;
                case XmlNodeType.EndElement when reader.Name == "term":
                    text.Append(": ");
                    break;
                case XmlNodeType.EndElement when reader.Name is "para" or "p" or "item" or "li" or "description" or "listheader":
                    text.Append(' ');
                    break;
                default:
                    break;
            }
        }
        return NormalizeWhitespace(text);
    }

    private static void AppendElement(XmlReader reader, StringBuilder text, bool marksReferences)
    {
        switch (reader.Name)
        {
            case "paramref" or "typeparamref":
                text.Append(reader.GetAttribute("name"));
                break;
            case "see" or "xref" or "seealso" when marksReferences && reader.IsEmptyElement && reader.GetAttribute("cref") is { } reference && MemberName.IsId(reference):
                text.Append(ReferenceMarks.Enclose(MemberName.Short(reference), isType: reference[0] == 'T'));
                break;
            case "see" or "xref" or "seealso" when reader.IsEmptyElement:
                text.Append(reader.GetAttribute("langword") ?? MemberName.Short(reader.GetAttribute("cref") ?? reader.GetAttribute("href") ?? ""));
                break;
            case "para" or "p" or "br" or "list" or "item" or "li":
                text.Append(' ');
                break;
            default:
                break;
        }
    }

    private static string NormalizeWhitespace(StringBuilder text)
    {
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char current = char.IsWhiteSpace(text[i]) ? ' ' : text[i];
            if (current != ' ' || (length > 0 && text[length - 1] != ' '))
            {
                text[length++] = current;
            }
        }
        text.Length = length;
        return text.ToString().TrimEnd();
    }
}

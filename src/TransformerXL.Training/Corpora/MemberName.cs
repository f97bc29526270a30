using System.Globalization;
using System.Text;

namespace TransformerXL.Training.Corpora;

/// <summary>Turns documentation ids such as <c>M:System.Collections.Generic.List`1.Add(`0)</c> into readable names.</summary>
internal static class MemberName
{
    private const int MaxLength = 2048;

    /// <summary>Whether a text is a documentation id: a letter for the kind, a colon, a name, and arguments in parentheses or none. Longer ones than any compiler's are not.</summary>
    public static bool IsId(string text)
    {
        int open = text.IndexOf('(', StringComparison.Ordinal);
        return text.Length is > 2 and <= MaxLength && text[1] == ':' && (open < 0 || (open > 2 && text.LastIndexOf(')') > open));
    }

    /// <summary>The type that a member belongs to, or the type itself.</summary>
    public static string TypeOf(string id)
    {
        string name = WithoutArguments(id)[2..];
        int dot = name.LastIndexOf('.');
        return id[0] == 'T' || dot < 0 ? name : name[..dot];
    }

    /// <summary>The short name used in prose: the last part without namespace, arity and arguments; for a constructor the name of its type. A text that is no id stays as it is.</summary>
    public static string Short(string id)
    {
        if (!IsId(id))
        {
            return id;
        }
        string[] parts = WithoutArguments(id)[2..].Split('.');
        string last = parts[^1] is "#ctor" or "#cctor" && parts.Length > 1 ? parts[^2] : parts[^1];
        string name = WithoutArity(last);
        return id[0] is 'T' or 'N' || parts.Length < 2 || parts[^1].StartsWith('#') ? name : $"{WithoutArity(parts[^2])}.{name}";
    }

    /// <summary>True for members whose names are not readable: operators, explicit implementations, static constructors.</summary>
    public static bool IsObscure(string id)
    {
        string name = WithoutArguments(id);
        int start = name.LastIndexOf('.') + 1;
        return name.AsSpan(start).StartsWith("op_") || name.AsSpan(start).IndexOf('#') > 0 || name.EndsWith("#cctor", StringComparison.Ordinal);
    }

    /// <summary>A signature: <c>List&lt;T&gt;.Add(T item)</c>.</summary>
    /// <param name="member">The member.</param>
    /// <param name="typeParametersOf">The names of the type parameters of a type, by its name.</param>
    public static string Signature(DocumentedMember member, Func<string, IReadOnlyList<string>> typeParametersOf)
    {
        string id = member.Id;
        string typeName = TypeOf(id);
        IReadOnlyList<string> typeParameters = typeParametersOf(typeName);
        string type = WithParameters(WithoutArity(typeName[(typeName.LastIndexOf('.') + 1)..]), typeParameters);
        string name = WithoutArguments(id)[2..];
        name = WithoutArity(name[(name.LastIndexOf('.') + 1)..]);
        bool constructor = name == "#ctor";
        var text = new StringBuilder(type);
        if (!constructor)
        {
            text.Append('.').Append(WithParameters(name, member.TypeParameters));
        }
        int open = id.IndexOf('(', StringComparison.Ordinal);
        if (open >= 0 || id[0] == 'M')
        {
            AppendArguments(text, open < 0 ? "" : id[(open + 1)..id.LastIndexOf(')')], member, typeParameters);
        }
        return text.ToString();
    }

    private static void AppendArguments(StringBuilder text, string arguments, DocumentedMember member, IReadOnlyList<string> typeParameters)
    {
        text.Append('(');
        int index = 0;
        foreach (string argument in Split(arguments))
        {
            text.Append(index > 0 ? ", " : "").Append(TypeName(argument, member.TypeParameters, typeParameters));
            if (index < member.Parameters.Count)
            {
                text.Append(' ').Append(member.Parameters[index].Name);
            }
            index++;
        }
        text.Append(')');
    }

    private static string TypeName(string id, IReadOnlyList<string> methodParameters, IReadOnlyList<string> typeParameters)
    {
        string bare = id.TrimEnd('@', '*');
        int bracket = bare.EndsWith(']') ? bare.IndexOf('[', bare.LastIndexOf('}') + 1) : -1;
        if (bracket >= 0)
        {
            return TypeName(bare[..bracket], methodParameters, typeParameters) + "[]";
        }
        if (bare.StartsWith('`'))
        {
            IReadOnlyList<string> names = bare.StartsWith("``", StringComparison.Ordinal) ? methodParameters : typeParameters;
            return int.TryParse(bare.TrimStart('`'), NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < names.Count ? names[index] : "T";
        }
        int open = bare.IndexOf('{', StringComparison.Ordinal);
        if (open < 0 || !bare.EndsWith('}'))
        {
            return Keyword(bare);
        }
        IEnumerable<string> inner = Split(bare[(open + 1)..^1]).Select(argument => TypeName(argument, methodParameters, typeParameters));
        return $"{Keyword(bare[..open])}<{string.Join(", ", inner)}>";
    }

    // Commas inside braces or brackets do not separate arguments.
    private static IEnumerable<string> Split(string arguments)
    {
        int depth = 0;
        int start = 0;
        for (int i = 0; i < arguments.Length; i++)
        {
            depth += arguments[i] is '{' or '[' or '(' ? 1 : arguments[i] is '}' or ']' or ')' ? -1 : 0;
            if (arguments[i] == ',' && depth == 0)
            {
                yield return arguments[start..i];
                start = i + 1;
            }
        }
        if (arguments.Length > 0)
        {
            yield return arguments[start..];
        }
    }

    private static string Keyword(string type) => type switch
    {
        "System.Boolean" => "bool",
        "System.Byte" => "byte",
        "System.Char" => "char",
        "System.Decimal" => "decimal",
        "System.Double" => "double",
        "System.Int16" => "short",
        "System.Int32" => "int",
        "System.Int64" => "long",
        "System.Object" => "object",
        "System.SByte" => "sbyte",
        "System.Single" => "float",
        "System.String" => "string",
        "System.UInt16" => "ushort",
        "System.UInt32" => "uint",
        "System.UInt64" => "ulong",
        _ => WithoutArity(type[(type.LastIndexOf('.') + 1)..]),
    };

    private static string WithParameters(string name, IReadOnlyList<string> parameters) =>
        parameters.Count == 0 ? name : $"{name}<{string.Join(", ", parameters)}>";

    private static string WithoutArity(string name)
    {
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? name : name[..tick];
    }

    private static string WithoutArguments(string id)
    {
        int open = id.IndexOf('(', StringComparison.Ordinal);
        return open < 0 ? id : id[..open];
    }
}
